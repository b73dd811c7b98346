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


def land(home: Home, events: Iterable[Seen]) -> None:
    """One commit of events."""
    rows = [_row(number, event) for number, event in enumerate(events)]
    with commit(home, "events") as writer:
        folder = writer.path / "received_on=2026-01-01"
        folder.mkdir()
        pq.write_table(pa.Table.from_pylist(rows, schema=EVENT_SCHEMA), folder / "part.parquet")


def _row(number: int, event: Seen) -> dict[str, Any]:
    at = (START + timedelta(seconds=event.second)).replace(tzinfo=None)
    traits = {
        key: value for key, value in (("email", event.email), ("phone", event.phone)) if value is not None
    }
    empty = dict.fromkeys(EVENT_SCHEMA.names)
    return {
        **empty,
        "event_id": f"{number}-{event}",
        "type": "alias" if event.previous_id else "identify",
        "user_id": event.user_id,
        "anonymous_id": event.anonymous_id,
        "previous_id": event.previous_id,
        "occurred_at": at,
        "received_at": at,
        "effective_at": at,
        "source": "test",
        "traits": json.dumps(traits) if traits else None,
        **{key: json.dumps(value) for key, value in event.places.items()},
    }


def oracle(
    events: Sequence[Seen], limits: Sequence[int]
) -> tuple[dict[Identifier, str], set[frozenset[Identifier]]]:
    """Profiles by identifier and the pairs set aside: every edge replayed, in plain Python."""
    first: dict[Identifier, int] = {}
    edges: dict[tuple[Identifier, Identifier], int] = {}
    for event in events:
        named = [(name, getattr(event, name)) for name in TYPES if getattr(event, name) is not None]
        for each in named:
            first[each] = min(first.get(each, event.second), event.second)
        for other in named[1:]:
            pair = (named[0], other)
            edges[pair] = min(edges.get(pair, event.second), event.second)
    group = {each: {each} for each in first}
    refused = set()
    rank = TYPES.index
    order = sorted(edges, key=lambda p: (rank(p[0][0]), rank(p[1][0]), edges[p], p[0][1], p[1][1]))
    for left, right in order:
        if group[left] is group[right]:
            continue
        joined = group[left] | group[right]
        counts = [sum(1 for each in joined if each[0] == name) for name in TYPES]
        if any(count > limit for count, limit in zip(counts, limits, strict=True)):
            refused.add(frozenset((left, right)))
            continue
        for each in joined:
            group[each] = joined
    profiles = {}
    for each in first:
        earliest = min(group[each], key=lambda one: (first[one], rank(one[0]), one[1]))
        profiles[each] = stable_id(*earliest)
    return profiles, refused
