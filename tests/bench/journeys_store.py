"""What the benches of journeys run on: a store of everything that a journey may know, journeys of six steps, and ticks.

Half of a year's worth of nothing is left out: eight days in which everybody enters within three, half as many events as
people, a goal that ends one in four, caps by day and week, quiet hours, a holdout, consents that one in five refuses.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from activation.journeys.deciding import holdout_sql, open_decisions
from activation.journeys.engine import Tick
from activation.journeys.engine.log import write_log
from activation.journeys.engine.state import attach_state
from activation.journeys.graph import (
    EXIT,
    AttributeCondition,
    Branch,
    Delay,
    Edge,
    EventMatch,
    ExitRule,
    Graph,
    Message,
    PropertyFilter,
    Reentry,
    SegmentEntry,
    Wait,
    WaitBranch,
)
from tests.journeys_reference.judgement import Cap, Limit, Quiet, Rules
from tests.journeys_reference.policies import policy_of
from tests.journeys_reference.relations import offsets

HOUR, DAY = 3_600_000_000, 86_400_000_000
START = 1_767_225_600 * 1_000_000
END, TICKS = START + 8 * DAY, 12
FOREVER = 1 << 60
ZONES = ("America/New_York", "Europe/London", "Asia/Kolkata", "UTC", "Pacific/Auckland")
RULES = Rules(
    caps=(Cap("daily", (Limit(1, calendar="day"),)), Cap("weekly", (Limit(3, width=7 * DAY),))),
    quiet=(Quiet(21 * HOUR, 8 * HOUR),),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: The relations of activation/journeys/history, as tables: `{people}` people, each in `{per_person}` of `{journeys}`.
_STORE = f"""
    CREATE TABLE people AS
    SELECT CAST(md5('person ' || i) AS UUID) AS person, md5('person ' || i) AS profile_id,
           list_extract({list(ZONES)}, i % 5 + 1) AS "zone", i
    FROM range({{people}}) AS r(i);
    CREATE TABLE facts_people AS
    SELECT person, profile_id, "zone", 'en' AS locale, CAST(NULL AS INTEGER) AS best_hour,
           CAST(NULL AS TINYINT[]) AS best_hours
    FROM people;
    CREATE TABLE facts_attributes AS
    SELECT person, 'tier' AS attribute, CAST(hash(i) % 10 AS TEXT) AS value, CAST(0 AS BIGINT) AS from_at,
           CAST({FOREVER} AS BIGINT) AS to_at
    FROM people;
    CREATE TABLE facts_consents AS
    SELECT person, 'marketing' AS purpose, c.channel, hash(i, c.channel) % 10 < 8 AS is_granted,
           'consent' AS legal_basis, '[]' AS lifted, CAST(0 AS BIGINT) AS from_at, CAST({FOREVER} AS BIGINT) AS to_at
    FROM people, (VALUES ('email'), ('sms')) AS c(channel);
    CREATE TABLE facts_addresses AS
    SELECT person, c.channel, CASE c.channel WHEN 'email' THEN 'p' || i || '@example.org'
           ELSE '+4915' || (10000000 + i) END AS address, CAST(0 AS BIGINT) AS from_at,
           CAST({FOREVER} AS BIGINT) AS to_at
    FROM people, (VALUES ('email'), ('sms')) AS c(channel);
    CREATE TABLE facts_suppressed AS
    SELECT 'email' AS channel, 'p' || i || '@example.org' AS address, 'hard bounce' AS cause,
           CAST({START} AS BIGINT) AS from_at
    FROM people WHERE i % 100 = 0;
    CREATE TABLE facts_segments AS
    SELECT person, 's' || ((i * {{per_person}} + k) % {{journeys}} + 1) AS segment,
           CAST({START} + hash(i, k) % {3 * DAY} AS BIGINT) AS from_at, CAST({FOREVER} AS BIGINT) AS to_at
    FROM people, range({{per_person}}) AS r(k)
    ORDER BY from_at // {HOUR};
    CREATE TABLE events AS
    SELECT md5('event ' || i) AS event_id, CAST(md5('person ' || hash(i, 1) % {{people}}) AS UUID) AS person,
           CASE WHEN hash(i, 2) % 4 = 0 THEN 'Order Completed' ELSE 'Product Viewed' END AS event,
           CAST({START} + hash(i, 4) % {8 * DAY} AS BIGINT) AS effective_at,
           '{{{{"total": ' || hash(i, 3) % 100 || '}}}}' AS properties,
           CAST(NULL AS UUID) AS message_id, false AS is_late
    FROM range({{events}}) AS r(i)
    ORDER BY effective_at // {HOUR};
    CREATE TABLE facts_zones ("zone" TEXT, from_at BIGINT, to_at BIGINT, offset_us BIGINT, local_from BIGINT,
        local_to BIGINT);
    CREATE TABLE facts_winners (journey TEXT, step_id TEXT, label TEXT, from_at BIGINT);
    CREATE TABLE facts_aliases (alias UUID, person UUID);
    CREATE TABLE facts_evaluations (segment TEXT, "at" BIGINT, member_count BIGINT);
    CREATE TABLE facts_scores (person UUID, score TEXT, value DOUBLE, from_at BIGINT, to_at BIGINT);
    CREATE TABLE facts_identities (identifier_type TEXT, identifier_value TEXT, person UUID);
    CREATE TABLE facts_refusals (person UUID, channel TEXT, address TEXT, purpose TEXT, from_at BIGINT, to_at BIGINT);
    CREATE TABLE facts_affinity (person UUID, channel TEXT, rank BIGINT);
    DROP TABLE people;
"""
FACTS = (
    "people", "attributes", "consents", "addresses", "suppressed", "segments", "zones", "winners", "aliases",
    "evaluations", "scores", "identities", "refusals", "affinity",
)  # fmt: skip

_SENT = f"""
    -- What this tick sent takes its place under the caps of later ones: read from its file, as a live run reads it.
    INSERT INTO past_sends
    SELECT p.person, o.channel, o.purpose, o.tags, epoch_us(o.decided_at),
           (epoch_us(o.decided_at) + z.offset_us) // {DAY}
    FROM read_parquet('{{outbox}}') AS o
    JOIN facts_people AS p ON p.profile_id = o.profile_id
    JOIN facts_zones AS z
      ON z."zone" = p."zone" AND z.from_at <= epoch_us(o.decided_at) AND epoch_us(o.decided_at) < z.to_at
    WHERE o.decision = 'send'
"""


def lay_store(file: Path, people: int, journeys: int, per_person: int) -> None:
    """A DuckDB file of what is known of so many people, each of whom enters so many journeys."""
    with duckdb.connect(str(file), config={"threads": 2, "memory_limit": "4GB"}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        sizes = {"people": people, "events": people, "journeys": journeys, "per_person": per_person}
        connection.execute(_STORE.format(**sizes))
        rows = [row for zone in ZONES for row in offsets(zone, START, END)]
        connection.executemany("INSERT INTO facts_zones VALUES (?, ?, ?, ?, ?, ?)", rows)


def graph(number: int) -> Graph:
    """A delay, a message, a wait for an event, a branch, one of two messages; an order of 50 and more is the goal."""
    nodes = (
        Delay("pause", "pause", span=DAY),
        Message("offer", "offer", template="offer", channels=("email", "sms"), tags=("offer",)),
        Wait("look", "look", branches=(WaitBranch(EventMatch("Product Viewed")),), timeout=3 * DAY),
        Branch("tier", "tier", branches=((AttributeCondition("tier", "at_least", 5),),)),
        Message("nudge", "nudge", template="nudge", channels=("sms",)),
        Message("last", "last", template="last", channels=("email",)),
    )
    ways = (
        ("pause", "next", "offer"), ("offer", "next", "look"), ("look", "1", "tier"), ("look", "timeout", "last"),
        ("tier", "1", "nudge"), ("tier", "else", EXIT), ("nudge", "next", EXIT), ("last", "next", EXIT),
    )  # fmt: skip
    goal = EventMatch("Order Completed", (PropertyFilter("total", "at_least", 50),))
    return Graph(
        f"j{number}", "v1", SegmentEntry(f"s{number}"), "pause", nodes, tuple(Edge(*way) for way in ways),
        exits=(ExitRule(goal, is_goal=True),), reentry=Reentry("always"), holdout=0.05, caps=("daily", "weekly"),
    )  # fmt: skip


def run_ticks(folder: Path, store: Path, journeys: int, memory: str = "2500MB") -> Mapping[str, Any]:
    """Twelve ticks over the store: engine, all gates, log and outbox as Parquet, positions in a file."""
    connection = _connect(folder, store, memory)
    graphs = [(graph(number), True) for number in range(1, journeys + 1)]
    policy = policy_of(RULES)
    moves = 0
    for tick_number in range(TICKS):
        begin = START + tick_number * (END - START) // TICKS
        end = START + (tick_number + 1) * (END - START) // TICKS
        connection.execute(
            f"CREATE OR REPLACE TEMP VIEW facts_events AS SELECT * FROM store.events "
            f"WHERE effective_at >= {begin} AND effective_at < {end}"
        )
        holdout = holdout_sql("p.profile_id", "g.name", "g.holdout", policy.holdout)
        tick = Tick(
            connection, graphs, begin - 1, end - 1,
            lambda nodes, end=end: open_decisions(connection, nodes, policy, end - 1), holdout,
        )  # fmt: skip
        tick.run().close(_EPOCH + timedelta(microseconds=end))
        moves += _count(connection, "moved")
        kept = folder / "log" / f"{tick_number:02}"
        kept.mkdir(parents=True)
        write_log(connection, kept, end)
        connection.execute(_SENT.format(outbox=kept / "outbox.parquet"))
        tick.keep(str(tick_number))
    enrolled = _count(connection, "state.enrolled")
    connection.close()
    return {"moves": moves, "enrolled": enrolled}


def digest(folder: Path) -> dict[str, Any]:
    """What a log says, independent of the order of its rows."""
    with duckdb.connect() as connection:
        moves = connection.execute(f"""
            SELECT count(*), CAST(sum(('0x' || md5(concat_ws('|', enrolment_id, epoch_us("at"), node_id, label,
                   to_node_id))[:12])::BIGINT) AS TEXT)
            FROM read_parquet('{folder}/log/*/transitions.parquet')""").fetchall()[0]
        outcomes = connection.execute(f"""
            SELECT reason, count(*), CAST(sum(('0x' || message_id[:12])::BIGINT) AS TEXT)
            FROM read_parquet('{folder}/log/*/outbox.parquet') GROUP BY reason ORDER BY reason""").fetchall()
    return {"moves": list(moves), "outcomes": [list(row) for row in outcomes]}


def _connect(folder: Path, store: Path, memory: str) -> duckdb.DuckDBPyConnection:
    settings: dict[str, Any] = {"threads": 2, "memory_limit": memory, "temp_directory": str(folder / "spill")}
    connection = duckdb.connect(config={**settings, "preserve_insertion_order": False})
    connection.execute("SET TimeZone = 'UTC'")
    attach_state(connection, folder / "positions.duckdb")
    connection.execute(f"ATTACH '{store}' AS store (READ_ONLY)")
    for name in FACTS:
        connection.execute(f"CREATE TEMP VIEW facts_{name} AS SELECT * FROM store.facts_{name}")
    connection.execute("CREATE TEMP VIEW facts_past_events AS SELECT * FROM store.events WHERE false")
    connection.execute(
        "CREATE TEMP TABLE past_sends (person UUID, channel TEXT, purpose TEXT, tags TEXT[], "
        '"at" BIGINT, local_day BIGINT)'
    )
    return connection


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    return connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
