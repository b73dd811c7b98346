"""The facts of single profiles, read from a world as the evaluator for one profile takes them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from activation.segments.audience import unpack
from activation.segments.comparisons import property_text
from activation.segments.person.facts import Facts, Row
from activation.segments.terms import Segment, events_of, paths_of, terms_of
from activation.segments.world import World, profile_ids
from kith.times import to_utc_naive


def read_facts(world: World, segments: Mapping[str, Segment], wanted: Sequence[str]) -> dict[str, Facts]:
    """Facts of some profiles, as far as the segments look at them; who is no profile is left out."""
    terms = [term for each in segments.values() for term in terms_of(each.tree)]
    world.warehouse.connection.register("wanted", _table(wanted))
    attributes = {row["profile_id"]: row for row in world.warehouse.rows(_of("profiles", "*"))}
    events = {event for term in terms for event in events_of(term)}
    rows = _rows(world, events, {path for term in terms for path in paths_of(term)})
    scores = _by_profile(world, "scores_at", "model, score")
    consents = _by_profile(world, "consents_at", "purpose, channel, is_granted")
    members = _members(world, wanted)
    lists = _by_profile(world, "list_members", "list")
    return {
        profile: Facts(
            profile,
            {name: _value(value) for name, value in found.items()},
            rows.get(profile, {}),
            {row["model"]: row["score"] for row in scores[profile]},
            {(row["purpose"], row["channel"]): row["is_granted"] for row in consents[profile]},
            frozenset(members[profile]),
            frozenset(row["list"] for row in lists[profile]),
        )
        for profile, found in attributes.items()
    }


def _table(wanted: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.table({"profile_id": pa.array(wanted, pa.string())})


def _of(table: str, columns: str) -> str:
    return f"SELECT {columns} FROM {table} SEMI JOIN wanted ON {table}.profile_id = wanted.profile_id"


def _by_profile(world: World, table: str, columns: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in world.warehouse.rows(_of(table, f"profile_id, {columns}")):
        found[row["profile_id"]].append(row)
    return found


def _members(world: World, wanted: Sequence[str]) -> dict[str, set[str]]:
    """The segments that analysts keep or that the world is lent, by profile."""
    found: dict[str, set[str]] = defaultdict(set)
    for profile, rows in _by_profile(world, "analyst_members", "segment").items():
        found[profile] = {row["segment"] for row in rows}
    places = (
        {profile: place for place, profile in enumerate(profile_ids(world).to_pylist())} if world.lent else {}
    )
    for name, bits in world.lent.items():
        is_member = unpack(bits, len(places))
        for profile in wanted:
            if profile in places and is_member[places[profile]]:
                found[profile].add(name)
    return found


def _rows(
    world: World, events: Iterable[str], paths: Iterable[tuple[str, tuple[str, ...]]]
) -> dict[str, dict[str, list[Row]]]:
    found: dict[str, dict[str, list[Row]]] = {}
    for event in sorted(events):
        keys = sorted({each for name, each in paths if name == event})
        texts = "".join(f", {property_text(each, 'properties')} AS p{n}" for n, each in enumerate(keys))
        columns = f"events.profile_id, EPOCH_US(effective_at) AS moment{texts}"
        sql = f"{_of('events', columns)} WHERE event = ? AND effective_at < ? ORDER BY moment"
        for row in world.warehouse.rows(sql, [event, to_utc_naive(world.as_of)]):
            read = Row(row["moment"], {each: row[f"p{n}"] for n, each in enumerate(keys)})
            found.setdefault(row["profile_id"], {}).setdefault(event, []).append(read)
    return found


def _value(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
