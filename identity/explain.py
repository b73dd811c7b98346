"""Why two identifiers are one profile, or why they are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from identity.pairs import bearing_events, extract_pairs, normalise
from identity.paths import Pair, read_pairs, shortest_path
from identity.resolution import EVENTS, ROOM
from identity.rules import IdentityRules, load_rules
from kith.errors import KithError
from kith.lake import Home, latest_commit
from kith.settings import Settings
from kith.times import from_utc_naive, parse_instant
from kith.warehouse import Warehouse, literal


@dataclass(frozen=True)
class Identifier:
    """A type, a value, and the profile that it belongs to."""

    kind: str
    value: str
    profile_id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True)
class Evidence:
    """Two identifiers that events named together, the first of those events, and why the pair was set aside,
    if it was."""

    left: str
    right: str
    first_received_at: datetime
    event_count: int
    event_id: str
    source: str
    reason: str


@dataclass(frozen=True)
class Explanation:
    """The path of evidence from one to the other (empty: they are two profiles, or one identifier), and the
    pairs between their profiles that were seen and set aside."""

    left: Identifier
    right: Identifier
    path: tuple[Evidence, ...]
    set_aside: tuple[Evidence, ...]

    @property
    def is_one_profile(self) -> bool:
        return self.left.profile_id == self.right.profile_id


def explain(settings: Settings, left: str, right: str) -> Explanation:
    """Explain as of the latest resolution. An identifier is `type:value`, or a value of any type."""
    rules = load_rules(settings).body
    state = latest_commit(Home(settings.home), ROOM)
    if state is None:
        raise KithError("identity was never resolved", way_out="run 'kith run' first")
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("events", ROOM)
        one, other = _find(warehouse, rules, left), _find(warehouse, rules, right)
        path: list[Pair] = []
        if one.profile_id == other.profile_id:
            extract_pairs(warehouse, rules, parse_instant(str(state.meta["as_of"])), EVENTS)
            joined = read_pairs(warehouse.rows(_JOINED.format(kinds=_kinds(rules)), [one.profile_id]))
            path = shortest_path(joined, (one.kind, one.value), (other.kind, other.value))
        ids = {"one": one.profile_id, "other": other.profile_id}
        set_aside = read_pairs(warehouse.rows(_SET_ASIDE, ids))
        return Explanation(
            one,
            other,
            tuple(_evidence(warehouse, rules, each) for each in path),
            tuple(_evidence(warehouse, rules, each) for each in set_aside),
        )


def _find(warehouse: Warehouse, rules: IdentityRules, text: str) -> Identifier:
    """An identifier as it is kept; of several types the most believed."""
    kind, sign, value = text.partition(":")
    wanted = [(kind, value)] if sign and kind in rules.types else [(name, text) for name in rules.ordered]
    for name, raw in wanted:
        normal = normalise(warehouse, rules, name, raw)
        profile = warehouse.value(_PROFILE, [name, normal])
        if normal is not None and profile is not None:
            return Identifier(name, normal, profile)
    raise KithError(
        f"no identifier '{text}' is known",
        expected="type:value with a type of " + ", ".join(rules.ordered),
        way_out="blocked values and forms stand in definitions/identity/rules.yml",
    )


_PROFILE = """
    SELECT profile_id FROM lake_identity_identifiers_latest WHERE identifier_type = ? AND identifier_value = ?
"""


def _kinds(rules: IdentityRules) -> str:
    return ", ".join(f"({number}, {literal(name)})" for number, name in enumerate(rules.ordered))


_JOINED = """
    WITH kinds AS (SELECT * FROM (VALUES {kinds}) AS named (kind, identifier_type)),

    mine AS (
        SELECT nodes.node, kinds.identifier_type, nodes.value
        FROM nodes
        INNER JOIN kinds ON nodes.kind = kinds.kind
        INNER JOIN lake_identity_identifiers_latest AS known
            ON kinds.identifier_type = known.identifier_type AND nodes.value = known.identifier_value
        WHERE known.profile_id = ?
    )

    SELECT
        one.identifier_type AS left_type,
        one.value AS left_value,
        other.identifier_type AS right_type,
        other.value AS right_value,
        pairs.first_received_at,
        pairs.edge_count
    FROM pairs
    INNER JOIN mine AS one ON pairs.left_node = one.node
    INNER JOIN mine AS other ON pairs.right_node = other.node
    ANTI JOIN lake_identity_conflicts_latest AS aside
        ON one.identifier_type = aside.left_type AND one.value = aside.left_value
        AND other.identifier_type = aside.right_type AND other.value = aside.right_value
    ORDER BY pairs.first_received_at, one.value, other.value
"""

_SET_ASIDE = """
    SELECT aside.*
    FROM lake_identity_conflicts_latest AS aside
    INNER JOIN lake_identity_identifiers_latest AS one
        ON aside.left_type = one.identifier_type AND aside.left_value = one.identifier_value
    INNER JOIN lake_identity_identifiers_latest AS other
        ON aside.right_type = other.identifier_type AND aside.right_value = other.identifier_value
    WHERE
        (one.profile_id = $one AND other.profile_id = $other)
        OR (one.profile_id = $other AND other.profile_id = $one)
    ORDER BY aside.first_received_at, aside.left_value, aside.right_value
    LIMIT 100
"""


def _evidence(warehouse: Warehouse, rules: IdentityRules, pair: Pair) -> Evidence:
    """The pair with the first event that bears it."""
    found = warehouse.rows(
        f"""
        SELECT event_id, source FROM ({bearing_events(rules, EVENTS)}) AS bearing
        WHERE received_at = ? AND list_contains(borne, ?) AND list_contains(borne, ?)
        ORDER BY event_id LIMIT 1
        """,
        [pair.first_received_at, pair.left[1], pair.right[1]],
    )
    return Evidence(
        left=":".join(pair.left),
        right=":".join(pair.right),
        first_received_at=from_utc_naive(pair.first_received_at),
        event_count=pair.edge_count,
        event_id=found[0]["event_id"] if found else "",
        source=found[0]["source"] if found else "",
        reason=pair.reason,
    )
