"""A world of a few people and messages, laid as the decisions read it, and judged one person at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import md5
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from activation.gates._caps import Cap, Limit
from activation.journeys.deciding import Deciding, MessageNode, Policy, open_decisions
from activation.journeys.deciding.decision_time import DAY
from activation.journeys.graph import Graph, LaunchEntry, Message
from kith.time_zones import tz_offsets

NEVER = 1 << 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ZONES = ("UTC", "America/St_Johns", "Pacific/Auckland", "Australia/Lord_Howe")
AS_OF = datetime(2030, 1, 1, tzinfo=UTC)

_FACTS = """
    CREATE TABLE facts_people (person UUID, profile_id TEXT, zone TEXT, locale TEXT, best_hour INTEGER);
    CREATE TABLE facts_consents (person UUID, purpose TEXT, channel TEXT, is_granted BOOLEAN, legal_basis TEXT,
        lifted TEXT, from_at BIGINT, to_at BIGINT);
    CREATE TABLE facts_refusals (person UUID, channel TEXT, address TEXT, purpose TEXT, from_at BIGINT, to_at BIGINT);
    CREATE TABLE facts_suppressed (channel TEXT, address TEXT, cause TEXT, from_at BIGINT);
    CREATE TABLE facts_addresses (person UUID, channel TEXT, address TEXT, from_at BIGINT, to_at BIGINT);
    CREATE TABLE facts_affinity (person UUID, channel TEXT, rank INTEGER);
    CREATE TABLE past_sends (person UUID, channel TEXT, purpose TEXT, tags TEXT[], "at" BIGINT, local_day BIGINT);
    CREATE TABLE past_crowd (journey TEXT, step_id TEXT, channel TEXT, purpose TEXT, tags TEXT[],
        is_transactional BOOLEAN, decided_at BIGINT, release_at BIGINT, reason TEXT, detail TEXT, message UUID);
    CREATE TABLE newcomers (message UUID, enrolment UUID, person UUID, node INTEGER, "at" BIGINT, decided_at BIGINT,
        depth INTEGER, holdout TEXT);
"""


@cache
def _zones() -> pa.Table:
    """Those that the tests use; what a wall shows is tested elsewhere."""
    connection = duckdb.connect(config={"threads": 1})
    connection.register("offsets", tz_offsets())
    sql = f"""
        SELECT zone, epoch_us(from_at) AS from_at, epoch_us(to_at) AS to_at, offset_seconds * 1000000 AS offset_us
        FROM offsets
        WHERE zone IN {ZONES} AND to_at > TIMESTAMP '2010-01-01'"""
    return connection.execute(sql).to_arrow_table()


def instant(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // MICROSECOND


def uid(name: str) -> str:
    """A UUID out of a name."""
    return md5(name.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Sent:
    """A message: of a person, by a node, decided at an instant; `is_past` where an earlier tick accepted it."""

    name: str
    person: str
    node: int
    at: int
    depth: int = 0
    holdout: str = ""
    is_past: bool = False

    @property
    def enrolment(self) -> str:
        return uid(f"e{self.name}")


@dataclass
class World:
    """Everybody permits everything and has an address, unless told otherwise."""

    nodes: list[MessageNode]
    policy: Policy
    zones: dict[str, str] = field(default_factory=dict)
    connection: duckdb.DuckDBPyConnection = field(
        default_factory=lambda: duckdb.connect(config={"threads": 1})
    )

    def __post_init__(self) -> None:
        self.connection.register("facts_zones", _zones())
        self.connection.execute(_FACTS)
        for person, zone in self.zones.items():
            self.insert("facts_people", [uid(person), uid(person), zone, "en", None])
            for channel, address in (("email", f"{person}@example.com"), ("sms", "+491711234567")):
                self.insert(
                    "facts_consents", [uid(person), "marketing", channel, True, "consent", "[]", 0, NEVER]
                )
                self.insert("facts_addresses", [uid(person), channel, address, 0, NEVER])

    def insert(self, table: str, row: list[object]) -> None:
        self.connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    def open(self) -> Deciding:
        return open_decisions(self.connection, self.nodes, self.policy, NEVER)

    def lay_past(self, messages: list[Sent]) -> None:
        for each in messages:
            node = self.node(each)
            day = local_day(each.at, self.zones[each.person])
            self.insert(
                "past_sends",
                [uid(each.person), node.channels[0], node.purpose, list(node.tags), each.at, day],
            )

    def node(self, message: Sent) -> Message:
        return next(each.node for each in self.nodes if each.code == message.node)

    def come(self, messages: list[Sent]) -> str:
        """The messages as a query for `judge`."""
        self.connection.execute("DELETE FROM newcomers")
        rows = [
            {"m": uid(each.name), "e": each.enrolment, "p": uid(each.person), "n": each.node, "a": each.at}
            | {"d": each.at, "depth": each.depth, "holdout": each.holdout}
            for each in messages
        ]
        if rows:
            self.connection.register("coming", pa.Table.from_pylist(rows))
            self.connection.execute("INSERT INTO newcomers SELECT * FROM coming")
        return "FROM newcomers"

    def ready(self, messages: list[Sent]) -> str:
        names = ", ".join(f"'{uid(each.name)}'" for each in messages) or "NULL"
        return f"SELECT CAST(name AS UUID) AS message FROM (SELECT unnest([{names}]) AS name)"

    def verdicts(self) -> dict[str, str]:
        found = self.connection.execute("SELECT CAST(message AS TEXT), reason FROM verdicts").fetchall()
        return {name.replace("-", ""): reason for name, reason in found}

    def decide(self, messages: list[Sent]) -> dict[str, dict[str, object]]:
        """The outbox rows by the names of messages, all judged in one pass."""
        deciding = self.open()
        deciding.judge(self.come(messages))
        deciding.fold()
        deciding.close(AS_OF)
        rows = self.connection.execute("FROM outbox").to_arrow_table().to_pylist()
        names = {uid(each.name): each.name for each in messages}
        return {names[row["message_id"]]: row for row in rows}


def graph(journey: str = "j", caps: tuple[str, ...] = (), priority: int = 100) -> Graph:
    return Graph(journey, "v1", LaunchEntry("s", 0, 1), "m", (), (), caps=caps, priority=priority)


def message(step: str = "m", **more: object) -> Message:
    return replace(Message(step, step, template="t", channels=("email",)), **more)  # pyright: ignore[reportArgumentType]


def cap(name: str, *limits: tuple[int, str], **more: object) -> Cap:
    return Cap(name=name, limits=tuple(Limit(at_most=n, per=per) for n, per in limits), **more)  # pyright: ignore[reportArgumentType]


def local_day(at: int, zone: str) -> int:
    return ((EPOCH + at * MICROSECOND).astimezone(ZoneInfo(zone)).date() - EPOCH.date()).days


def one_by_one(world: World, messages: list[Sent]) -> dict[str, str]:
    """The verdicts of a plain loop over each person's messages in their order. '' is a send."""
    nodes = {each.code: each for each in world.nodes}
    verdicts: dict[str, str] = {}
    taken: dict[str, list[Sent]] = {}
    for each in sorted(messages, key=lambda each: _order(nodes, each)):
        history = taken.setdefault(each.person, [])
        if each.is_past:
            history.append(each)
            continue
        node = nodes[each.node].node
        is_capped = not node.is_transactional and any(
            _is_full(limit, cap, each, history, world, nodes)
            for cap in (world.policy.caps[name] for name in nodes[each.node].graph.caps)
            for limit in cap.limits
        )
        is_held = each.holdout and not node.is_transactional
        verdicts[uid(each.name)] = "holdout" if is_held else "frequency_cap" if is_capped else ""
        if not is_held and not is_capped and not node.is_transactional:
            history.append(each)
    return verdicts


def _order(nodes: dict[int, MessageNode], each: Sent) -> tuple[object, ...]:
    node = nodes[each.node]
    key = (node.graph.priority, node.graph.journey, node.node.step_id, each.enrolment)
    return (each.at, not each.is_past, each.depth, *key)


def _is_full(
    limit: Limit, cap: Cap, each: Sent, history: list[Sent], world: World, nodes: dict[int, MessageNode]
) -> bool:
    node = nodes[each.node].node
    if not cap.counts(node.purpose, node.channels[0], node.tags):
        return False
    counted = [
        other
        for other in history
        if cap.counts((n := nodes[other.node].node).purpose, n.channels[0], n.tags)
        and _in_window(limit, other.at, each.at, world.zones[each.person])
    ]
    return len(counted) >= limit.at_most


def _in_window(limit: Limit, earlier: int, now: int, zone: str) -> bool:
    if not limit.per.startswith("local"):
        return earlier > now - limit.microseconds
    first = EPOCH.date() + timedelta(days=local_day(earlier, zone))
    second = EPOCH.date() + timedelta(days=local_day(now, zone))
    if limit.per == "local day":
        return first == second
    if limit.per == "local week":
        return first.isocalendar()[:2] == second.isocalendar()[:2]
    return (first.year, first.month) == (second.year, second.month)


__all__ = ["DAY", "Sent", "World", "cap", "graph", "instant", "local_day", "message", "one_by_one", "uid"]
