"""A small world of events for the tests of identity, and a slow oracle of one edge at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kith.events import EVENT_SCHEMA
from kith.ids import stable_id
from kith.lake import Home, commit

START = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = ("user_id", "email", "phone", "anonymous_id")
Identifier = tuple[str, str]


@dataclass(frozen=True)
class Seen:
    """One event: when it landed (seconds after START) and whom it named."""

    second: int
    user_id: str | None = None
    anonymous_id: str | None = None
    email: str | None = None
    phone: str | None = None
    previous_id: str | None = None
    places: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Decided:
    """Somebody takes two identifiers apart, or lets them join again."""

    second: int
    left: Identifier
    right: Identifier
    is_apart: bool = True


def land(home: Home, events: Iterable[Seen | Decided]) -> None:
    """One commit of events."""
    land_rows(home, [_row(number, event) for number, event in enumerate(events)])


def land_rows(home: Home, rows: list[dict[str, Any]]) -> None:
    """One commit of rows of the event model."""
    with commit(home, "events") as writer:
        folder = writer.path / "received_on=2026-01-01"
        folder.mkdir()
        pq.write_table(pa.Table.from_pylist(rows, schema=EVENT_SCHEMA), folder / "part.parquet")


def _row(number: int, event: Seen | Decided) -> dict[str, Any]:
    at = (START + timedelta(seconds=event.second)).replace(tzinfo=None)
    times = {"occurred_at": at, "received_at": at, "effective_at": at}
    known = {**dict.fromkeys(EVENT_SCHEMA.names), **times, "event_id": f"{number}-{event}", "source": "test"}
    if isinstance(event, Decided):
        (left_type, left_value), (right_type, right_value) = sorted((event.left, event.right))
        properties = {
            "left_type": left_type, "left_value": left_value,
            "right_type": right_type, "right_value": right_value,
        }  # fmt: skip
        name = "Identity Split" if event.is_apart else "Identity Rejoined"
        return {**known, "type": "track", "event": name, "source": "identity",
                "anonymous_id": f"identity:{number}", "properties": json.dumps(properties)}  # fmt: skip
    traits = {
        key: value for key, value in (("email", event.email), ("phone", event.phone)) if value is not None
    }
    return {
        **known,
        "type": "alias" if event.previous_id else "identify",
        "user_id": event.user_id,
        "anonymous_id": event.anonymous_id,
        "previous_id": event.previous_id,
        "traits": json.dumps(traits) if traits else None,
        **{key: json.dumps(value) for key, value in event.places.items()},
    }


Edge = tuple[Identifier, Identifier]


@dataclass
class Oracle:
    """Everything replayed edge by edge in plain Python: profiles and joining times (seconds) by identifier,
    and the reason of each pair that was set aside."""

    profiles: dict[Identifier, str] = field(default_factory=dict)
    joined: dict[Identifier, int] = field(default_factory=dict)
    refused: dict[Edge, str] = field(default_factory=dict)
    counts: dict[Edge, int] = field(default_factory=dict)


def oracle(events: Sequence[Seen | Decided], limits: Sequence[int], shared: int | None = None) -> Oracle:
    """What the events amount to under limits by type; they may stand in any order."""
    found = Oracle()
    seen = [event for event in events if isinstance(event, Seen)]
    first, edges = _evidence(seen, found)
    apart = _apart([event for event in events if isinstance(event, Decided)])
    for edge in edges:
        for node, other in (edge, edge[::-1]):
            met = {b if a == node else a for a, b in edges if node in (a, b)}
            count = sum(1 for each in met if each[0] == other[0])
            limit = limits[TYPES.index(other[0])]
            if shared is not None and node[0] != TYPES[0] and count > shared * limit:
                found.refused.setdefault(edge, f"shared by more than {shared * limit} {other[0]}")
    group = {each: {each} for each in first}
    rank = TYPES.index
    order = sorted(edges, key=lambda p: (rank(p[0][0]), rank(p[1][0]), edges[p], p[0][1], p[1][1]))
    for left, right in order:
        joined = group[left] | group[right]
        if group[left] is group[right] or (left, right) in found.refused:
            continue
        counts = [sum(1 for each in joined if each[0] == name) for name in TYPES]
        over = [name for name, n, limit in zip(TYPES, counts, limits, strict=True) if n > limit]
        if any(pair <= joined for pair in apart):
            found.refused[left, right] = "kept apart by hand"
        elif over:
            found.refused[left, right] = f"{over[0]} limit {limits[rank(over[0])]}"
        else:
            for each in joined:
                group[each] = joined
    for each in first:
        founder = min(group[each], key=lambda one: (first[one], rank(one[0]), one[1]))
        found.profiles[each] = stable_id(*founder)
        found.joined[each] = _joined(founder, each, first, group[each], edges)
    return found


def _evidence(seen: Sequence[Seen], found: Oracle) -> tuple[dict[Identifier, int], dict[Edge, int]]:
    users = {event.user_id for event in seen}
    first: dict[Identifier, int] = {}
    edges: dict[Edge, int] = {}
    for event in seen:
        named = [(name, getattr(event, name)) for name in TYPES if getattr(event, name) is not None]
        if named and event.previous_id:
            named.append(("user_id" if event.previous_id in users else "anonymous_id", event.previous_id))
        for each in named:
            first[each] = min(first.get(each, event.second), event.second)
        for other in named[1:]:
            if other == named[0]:
                continue
            one, two = sorted((named[0], other), key=lambda each: (TYPES.index(each[0]), each[1]))
            edges[one, two] = min(edges.get((one, two), event.second), event.second)
            found.counts[one, two] = found.counts.get((one, two), 0) + 1
    return first, edges


def _apart(decisions: Sequence[Decided]) -> list[set[Identifier]]:
    """Of several decisions at one time the one with the greater id holds, as `_row` makes it."""
    latest: dict[frozenset[Identifier], tuple[int, bool]] = {}
    for decision in decisions:
        pair = frozenset((decision.left, decision.right))
        if pair not in latest or decision.second >= latest[pair][0]:
            latest[pair] = (decision.second, decision.is_apart)
    return [set(pair) for pair, (_, is_apart) in latest.items() if is_apart]


def _joined(
    founder: Identifier,
    node: Identifier,
    first: dict[Identifier, int],
    group: set[Identifier],
    edges: dict[Edge, int],
) -> int:
    """The least time by which edges known until then lead from the founder to the node."""
    times = [first[founder], *sorted({at for (a, b), at in edges.items() if a in group and b in group})]
    for moment in sorted(times):
        reached, waiting = {founder}, [founder]
        while waiting:
            here = waiting.pop()
            for (a, b), at in edges.items():
                there = b if a == here else a
                if here in (a, b) and at <= moment and there in group and there not in reached:
                    reached.add(there)
                    waiting.append(there)
        if node in reached and moment >= first[founder]:
            return moment
    raise AssertionError("no path")


def check(identifiers: Iterable[dict[str, Any]], conflicts: Iterable[dict[str, Any]], told: Oracle) -> None:
    """A state's rows say what the oracle says."""
    rows = {(row["identifier_type"], row["identifier_value"]): row for row in identifiers}
    zero = START.replace(tzinfo=None)
    assert {each: row["profile_id"] for each, row in rows.items()} == told.profiles
    joined = {each: (row["joined_at"] - zero).total_seconds() for each, row in rows.items()}
    assert joined == told.joined
    refused = {
        ((row["left_type"], row["left_value"]), (row["right_type"], row["right_value"])): row
        for row in conflicts
    }
    assert {pair: row["reason"] for pair, row in refused.items()} == told.refused
    assert {pair: row["edge_count"] for pair, row in refused.items()} == {
        pair: told.counts[pair] for pair in told.refused
    }
