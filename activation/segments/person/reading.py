"""The facts of single profiles, read from a world as the evaluator for one profile takes them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from activation.segments.bitsets.evaluator import events_and_paths
from activation.segments.comparisons import property_text
from activation.segments.person.facts import Facts, Row
from activation.segments.terms import Segment, terms_of
from activation.segments.world import World
from kith.times import to_utc_naive


def read_facts(world: World, segments: Mapping[str, Segment], profile_ids: Sequence[str]) -> dict[str, Facts]:
    """Facts of some profiles, as far as the segments look at them; who is no profile is left out."""
    terms = [term for each in segments.values() for term in terms_of(each.tree)]
    world.warehouse.connection.register("wanted", _table(profile_ids))
    attributes = {row["profile_id"]: row for row in world.warehouse.rows(_of("profiles", "*"))}
    rows = _rows(world, *events_and_paths(terms))
    scores = _by_profile(world, "scores_at", "model, score")
    consents = _by_profile(world, "consents_at", "purpose, channel, is_granted")
    analysts = _by_profile(world, "analyst_members", "segment")
    lists = _by_profile(world, "list_members", "list")
    return {
        profile: Facts(
            profile,
            {name: _value(value) for name, value in found.items()},
            rows.get(profile, {}),
            {row["model"]: row["score"] for row in scores[profile]},
            {(row["purpose"], row["channel"]): row["is_granted"] for row in consents[profile]},
            frozenset(row["segment"] for row in analysts[profile]),
            frozenset(row["list"] for row in lists[profile]),
        )
        for profile, found in attributes.items()
    }


def _table(profile_ids: Sequence[str]) -> Any:
    import pyarrow as pa

    return pa.table({"profile_id": pa.array(profile_ids, pa.string())})


def _of(table: str, columns: str) -> str:
    return f"SELECT {columns} FROM {table} SEMI JOIN wanted ON {table}.profile_id = wanted.profile_id"


def _by_profile(world: World, table: str, columns: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in world.warehouse.rows(_of(table, f"profile_id, {columns}")):
        found[row["profile_id"]].append(row)
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
