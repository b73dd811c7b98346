"""Rows of events out of a snapshot, as a store keeps them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from activation.segments.comparisons import property_text
from activation.segments.messages import PREFIX
from activation.segments.store.manifest import PropertyPath
from activation.segments.world import World
from kith.warehouse import literal

PEOPLE = pa.schema([("user_id", pa.string()), ("anonymous_id", pa.string())])
BATCH = 1 << 19
SOMEBODY = "(user_id IS NOT NULL OR anonymous_id IS NOT NULL)"


@dataclass(frozen=True)
class Told:
    """How many rows a snapshot has of an event in a span of time, and the sum of their hashes."""

    counted: int = 0
    checksum: int = 0


@dataclass(frozen=True)
class Arrived:
    """Rows of one event in time order; codes by property, into the texts that were known and then `fresh` ones."""

    moments: NDArray[np.int64]
    people: NDArray[np.int32]
    codes: Mapping[PropertyPath, NDArray[np.uint32]]
    fresh: Mapping[PropertyPath, pa.Array]


def check_events(
    world: World, events: Collection[str], bounds: tuple[int, int]
) -> dict[str, tuple[Told, Told]]:
    """Of each event: what it is told to have had before the first bound (microseconds), and between the two.

    A row is known by its id, its arrival and when it took effect: a copy that takes another's place was received
    before it. What is said of a message depends on its sending as well, so there the facts are looked at too.
    """
    if not events:
        return {}
    start, end = (f"make_timestamp({bound:d})" for bound in bounds)
    row = f"""HASH(event_id, received_at, effective_at, user_id, anonymous_id,
        CASE WHEN STARTS_WITH(event, {literal(PREFIX)}) THEN properties END)"""
    rows = world.warehouse.rows(
        f"""
        SELECT event,
            COUNT(*) FILTER (effective_at < {start}) AS held, SUM({row}) FILTER (effective_at < {start}) AS held_sum,
            COUNT(*) FILTER (effective_at >= {start}) AS fresh, SUM({row}) FILTER (effective_at >= {start}) AS fresh_sum
        FROM events
        WHERE {_named(events)} AND effective_at < {end} AND {SOMEBODY}
        GROUP BY event
        """
    )
    nothing = {event: (Told(), Told()) for event in events}
    return nothing | {
        each["event"]: (
            Told(each["held"], int(each["held_sum"] or 0)),
            Told(each["fresh"], int(each["fresh_sum"] or 0)),
        )
        for each in rows
    }


def meet_people(world: World, known: pa.Table, events: Collection[str], bounds: tuple[int, int]) -> pa.Table:
    """The pairs of identifiers that none of the known people bears; leaves all in the relation `people` (code)."""
    connection = world.warehouse.connection
    connection.register("known_people", known)
    fresh = world.warehouse.arrow(
        f"""
        SELECT DISTINCT user_id, anonymous_id FROM events WHERE {_within(events, bounds)}
        EXCEPT
        SELECT user_id, anonymous_id FROM known_people
        """
    ).cast(PEOPLE)
    everybody = pa.concat_tables([known, fresh])
    codes = np.arange(len(everybody), dtype=np.int32)
    connection.register("all_people", everybody.append_column("code", pa.array(codes)))
    connection.execute("CREATE OR REPLACE TEMP TABLE people AS FROM all_people")
    connection.unregister("known_people")
    connection.unregister("all_people")
    return fresh


@dataclass
class _Gathering:
    """Batches of one event's rows."""

    paths: list[PropertyPath]
    known: Mapping[PropertyPath, pa.Array]
    moments: list[NDArray[np.int64]] = field(default_factory=list)
    people: list[NDArray[np.int32]] = field(default_factory=list)
    codes: dict[PropertyPath, list[NDArray[np.uint32]]] = field(default_factory=dict)
    code_of: dict[PropertyPath, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for path in self.paths:
            texts = self.known.get(path, pa.array([], pa.string())).to_pylist()
            self.code_of[path] = {text: code for code, text in enumerate(texts, 1)}
            self.codes[path] = []

    def add(self, path: PropertyPath, column: pa.Array) -> None:
        coded = column.dictionary_encode()
        codes = self.code_of[path]
        table = [codes.setdefault(text, len(codes) + 1) for text in coded.dictionary.to_pylist()]
        indices = coded.indices.fill_null(len(table)).to_numpy(zero_copy_only=False)
        self.codes[path].append(np.array([*table, 0], np.uint32)[indices])

    def arrived(self) -> Arrived:
        moments = np.concatenate([np.zeros(0, np.int64), *self.moments])
        people = np.concatenate([np.zeros(0, np.int32), *self.people])
        codes = {p: np.concatenate([np.zeros(0, np.uint32), *self.codes[p]]) for p in self.paths}
        if len(moments) and (moments[1:] < moments[:-1]).any():
            order = np.argsort(moments, kind="stable")
            moments, people = moments[order], people[order]
            codes = {path: each[order] for path, each in codes.items()}
        fresh = {path: self._fresh(path) for path in self.paths}
        return Arrived(moments, people, codes, fresh)

    def _fresh(self, path: PropertyPath) -> pa.Array:
        before = len(self.known.get(path, ()))
        return pa.array(list(self.code_of[path])[before:], pa.string())


def read_arrivals(
    world: World,
    paths: Mapping[str, list[PropertyPath]],
    known: Mapping[str, Mapping[PropertyPath, pa.Array]],
    bounds: tuple[int, int],
) -> Iterator[tuple[str, Arrived]]:
    """The rows of the events that took effect between the bounds, with these properties of each.

    `known` are texts that have a code already. Needs the relation `people`.
    """
    events = sorted(paths)
    gathered = {event: _Gathering(paths[event], known.get(event, {})) for event in events}
    columns = sorted({path for each in paths.values() for path in each})
    reader = world.warehouse.connection.execute(_arrivals(paths, columns, bounds)).to_arrow_reader(BATCH)
    for batch in reader:
        numbers = batch.column(0).to_numpy()
        for number in np.unique(numbers):
            event = events[number]
            mine = batch.filter(pa.array(numbers == number))
            gathered[event].moments.append(mine.column(1).to_numpy())
            gathered[event].people.append(mine.column(2).to_numpy())
            for path in paths[event]:
                gathered[event].add(path, mine.column(3 + columns.index(path)))
    for event in events:
        yield event, gathered.pop(event).arrived()


def _arrivals(
    paths: Mapping[str, list[PropertyPath]], columns: list[PropertyPath], bounds: tuple[int, int]
) -> str:
    numbers = " ".join(f"WHEN {literal(event)} THEN {number}" for number, event in enumerate(sorted(paths)))
    texts = "".join(f", {_text(path, paths)}" for path in columns)
    return f"""
        SELECT CAST(CASE event {numbers} END AS INTEGER), EPOCH_US(effective_at), people.code{texts}
        FROM events
        INNER JOIN people
            ON events.user_id IS NOT DISTINCT FROM people.user_id
            AND events.anonymous_id IS NOT DISTINCT FROM people.anonymous_id
        WHERE {_within(paths, bounds, "events.")}
    """


def _text(path: PropertyPath, paths: Mapping[str, list[PropertyPath]]) -> str:
    asking = ", ".join(literal(event) for event in sorted(paths) if path in paths[event])
    return f"CASE WHEN event IN ({asking}) THEN {property_text(path, 'properties')} END"


def _within(events: Collection[str], bounds: tuple[int, int], of: str = "") -> str:
    start, end = bounds
    span = f"effective_at >= make_timestamp({start:d}) AND effective_at < make_timestamp({end:d})"
    somebody = f"({of}user_id IS NOT NULL OR {of}anonymous_id IS NOT NULL)"
    return f"{_named(events)} AND {span} AND {somebody}"


def _named(events: Collection[str]) -> str:
    return f"event IN ({', '.join(literal(event) for event in sorted(events))})"
