"""What people did, event by event: rows in time order, with the properties that terms look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from activation.segments.bitsets.comparing import microseconds
from activation.segments.comparisons import property_text
from activation.segments.judgement import passes, read_amount
from activation.segments.terms import Filter, Occurrence
from activation.segments.world import World
from kith.times import to_utc_naive

Positions = NDArray[np.int32]
Moments = NDArray[np.int64]
UNREADABLE = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Texts:
    """A property by row: codes into the distinct texts, -1 where it is missing."""

    codes: NDArray[np.int32]
    distinct: tuple[str, ...]

    def passing(self, each: Filter) -> NDArray[np.bool]:
        """Each distinct text is judged once."""
        verdicts = np.fromiter(
            (passes(text, each) for text in (*self.distinct, None)), bool, len(self.distinct) + 1
        )
        return verdicts[self.codes]

    @cached_property
    def amounts(self) -> NDArray[np.int64]:
        """In ten-thousandths; what doesn't read as one is UNREADABLE."""
        read = [read_amount(text) for text in self.distinct]
        table = np.array([UNREADABLE if each is None else each for each in (*read, None)], np.int64)
        return table[self.codes]


@dataclass(frozen=True)
class Rows:
    """Rows of one occurrence in time order."""

    positions: Positions
    moments: Moments
    texts: dict[tuple[str, ...], Texts] = field(default_factory=dict)

    def only(self, keep: NDArray[np.bool]) -> Rows:
        texts = {keys: Texts(each.codes[keep], each.distinct) for keys, each in self.texts.items()}
        return Rows(self.positions[keep], self.moments[keep], texts)


@dataclass
class Behaviour:
    """Rows of each occurrence, cut once."""

    events: dict[str, Rows]
    cut: dict[Occurrence, Rows] = field(default_factory=dict)

    def rows(self, occurrence: Occurrence) -> Rows:
        if occurrence not in self.cut:
            rows = self.events[occurrence.event]
            if occurrence.filters:
                keep = np.ones(len(rows.positions), bool)
                for each in occurrence.filters:
                    keep &= rows.texts[each.keys].passing(each)
                rows = rows.only(keep)
            self.cut[occurrence] = rows
        return self.cut[occurrence]


def read_behaviour(
    world: World, wanted: Iterable[tuple[str, tuple[str, ...]]], events: set[str], since: datetime | None
) -> Behaviour:
    """Rows of the events before the world's instant (and from `since` on), with the wanted properties of each."""
    paths: dict[str, set[tuple[str, ...]]] = {event: set() for event in events}
    for event, keys in wanted:
        paths[event].add(keys)
    _lay_positions(world)
    return Behaviour(
        {event: _read_event(world, event, sorted(paths[event]), since) for event in sorted(events)}
    )


def _lay_positions(world: World) -> None:
    world.warehouse.connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE positions AS
        SELECT profile_id, CAST(ROW_NUMBER() OVER (ORDER BY profile_id) - 1 AS INTEGER) AS position FROM profiles
        """
    )


def _read_event(world: World, event: str, paths: list[tuple[str, ...]], since: datetime | None) -> Rows:
    texts = "".join(f", {property_text(keys, 'properties')} AS p{n}" for n, keys in enumerate(paths))
    parameters = {"event": event, "as_of": to_utc_naive(world.as_of)}
    lower = ""
    if since is not None:
        lower, parameters["since"] = "AND effective_at >= CAST($since AS TIMESTAMP)", to_utc_naive(since)
    table = world.warehouse.arrow(
        f"""
        SELECT positions.position, EPOCH_US(events.effective_at) AS moment{texts}
        FROM events
        INNER JOIN positions ON events.profile_id = positions.profile_id
        WHERE event = $event AND effective_at < CAST($as_of AS TIMESTAMP) {lower}
        ORDER BY moment
        """,
        parameters,
    )
    coded = {keys: _coded(table[f"p{n}"]) for n, keys in enumerate(paths)}
    return Rows(table["position"].to_numpy(), table["moment"].to_numpy(), coded)


def _coded(column: pa.ChunkedArray) -> Texts:
    array = column.combine_chunks().dictionary_encode()
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Texts(codes, tuple(array.dictionary.to_pylist()))


def moment_of(instant: datetime) -> int:
    """An instant as rows keep it."""
    return microseconds(instant)
