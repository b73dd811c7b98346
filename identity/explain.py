"""Why two identifiers are one profile, or why they are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from identity.forms import normalise
from identity.matching.proposals import latest_proposals
from identity.pairs import bearing_events
from identity.paths import Pair, read_pairs, shortest_path
from identity.rules import IdentityRules, load_rules
from identity.store import attach_state, present_state
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings
from kith.times import from_utc_naive
from kith.warehouse import Warehouse

EVENTS = "lake_events_events"


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
class Decision:
    """Somebody took two identifiers apart, or let them join again."""

    left: str
    right: str
    is_apart: bool
    effective_at: datetime
    reason: str


@dataclass(frozen=True)
class Explanation:
    """The path of evidence from one to the other (empty: they are two profiles, or one identifier), the pairs
    between their profiles that were seen and set aside, and what somebody decided by hand between them."""

    left: Identifier
    right: Identifier
    path: tuple[Evidence, ...]
    set_aside: tuple[Evidence, ...]
    decisions: tuple[Decision, ...] = ()

    @property
    def is_one_profile(self) -> bool:
        return self.left.profile_id == self.right.profile_id


def explain(settings: Settings, left: str, right: str) -> Explanation:
    """Explain as of the latest resolution. An identifier is `type:value`, or a value of any type."""
    rules = load_rules(settings).body
    home = Home(settings.home)
    state = present_state(home)
    with Warehouse(settings) as warehouse:
        attach_state(warehouse, home, state)
        one, other = find_identifier(warehouse, rules, left), find_identifier(warehouse, rules, right)
        path: list[Pair] = []
        if one.profile_id == other.profile_id:
            joined = read_pairs(warehouse.rows(JOINED, [one.profile_id]))
            ends = (one.kind, one.value), (other.kind, other.value)
            path = shortest_path(joined, *ends) or shortest_path([*joined, *_likenesses(home)], *ends)
        ids = {"one": one.profile_id, "other": other.profile_id}
        set_aside = read_pairs(warehouse.rows(_SET_ASIDE, ids))
        warehouse.attach_lake("events")
        return Explanation(
            one,
            other,
            tuple(_evidence(warehouse, rules, each) for each in path),
            tuple(_evidence(warehouse, rules, each) for each in set_aside),
            tuple(_told(row) for row in warehouse.rows(_SPLITS, ids)),
        )


def find_identifier(warehouse: Warehouse, rules: IdentityRules, text: str) -> Identifier:
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


_PROFILE = "SELECT profile_id FROM known_identifiers WHERE identifier_type = ? AND identifier_value = ?"

JOINED = """
    WITH mine AS (
        SELECT identifier_key, identifier_type, identifier_value FROM known_identifiers WHERE profile_id = ?
    )

    SELECT
        one.identifier_type AS left_type,
        one.identifier_value AS left_value,
        other.identifier_type AS right_type,
        other.identifier_value AS right_value,
        MIN(edges.first_received_at) AS first_received_at,
        CAST(SUM(edges.edge_count) AS BIGINT) AS edge_count
    FROM known_edges AS edges
    INNER JOIN mine AS one ON edges.left_key = one.identifier_key
    INNER JOIN mine AS other ON edges.right_key = other.identifier_key
    GROUP BY one.identifier_type, one.identifier_value, other.identifier_type, other.identifier_value
    ORDER BY first_received_at, left_value, right_value
"""

_SET_ASIDE = """
    SELECT aside.*
    FROM known_conflicts AS aside
    INNER JOIN known_identifiers AS one
        ON aside.left_type = one.identifier_type AND aside.left_value = one.identifier_value
    INNER JOIN known_identifiers AS other
        ON aside.right_type = other.identifier_type AND aside.right_value = other.identifier_value
    WHERE
        (one.profile_id = $one AND other.profile_id = $other)
        OR (one.profile_id = $other AND other.profile_id = $one)
    ORDER BY aside.first_received_at, aside.left_value, aside.right_value
    LIMIT 100
"""

_SPLITS = """
    SELECT decided.*
    FROM known_splits AS decided
    INNER JOIN known_identifiers AS one
        ON decided.left_type = one.identifier_type AND decided.left_value = one.identifier_value
    INNER JOIN known_identifiers AS other
        ON decided.right_type = other.identifier_type AND decided.right_value = other.identifier_value
    WHERE one.profile_id IN ($one, $other) AND other.profile_id IN ($one, $other)
    ORDER BY decided.effective_at, decided.left_value, decided.right_value
"""


def _told(row: dict[str, Any]) -> Decision:
    return Decision(
        left=f"{row['left_type']}:{row['left_value']}",
        right=f"{row['right_type']}:{row['right_value']}",
        is_apart=row["is_apart"],
        effective_at=from_utc_naive(row["effective_at"]),
        reason=row["reason"],
    )


def _likenesses(home: Home) -> list[Pair]:
    """The proposals of the latest run that made any, the strongest first; no event names their two ends."""
    return [
        Pair(left, right, known_at, 0, f"likeness {score:.4f}: {reason}")
        for left, right, known_at, score, reason in latest_proposals(home)
    ]


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
