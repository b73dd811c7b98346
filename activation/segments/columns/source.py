"""Where rows of events come from: out of the snapshot here, or out of the store that runs keep."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import pyarrow as pa

from activation.segments.columns.part import Part
from activation.segments.columns.population import Population, lay_positions
from activation.segments.columns.rows import Path, Rows, Texts, distinct_of
from activation.segments.comparisons import property_text
from activation.segments.world import World
from kith.times import to_utc_naive


class Source(Protocol):
    """Rows of events of one world."""

    @property
    def world(self) -> World: ...

    def rows(self, event: str, part: Part) -> Rows:
        """All rows of an event that are of somebody in the part, in time order."""
        ...


@dataclass
class SnapshotSource:
    """Reads the rows of an event from the relation `events`, with the properties that are wanted of it."""

    population: Population
    wanted: Collection[tuple[str, Path]]
    _events: dict[str, Rows] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.population.world

    def rows(self, event: str, part: Part) -> Rows:
        if event not in self._events:
            self._events[event] = self._read(event)
        rows = self._events[event]
        return replace(rows, positions=part.local(rows.positions)).known()

    def _read(self, event: str) -> Rows:
        world = self.world
        lay_positions(world, self.population.ids)
        paths = sorted(path for name, path in self.wanted if name == event)
        texts = "".join(f", {property_text(path, 'properties')} AS p{n}" for n, path in enumerate(paths))
        table = world.warehouse.arrow(
            f"""
            SELECT positions.position, EPOCH_US(events.effective_at) AS moment{texts}
            FROM events
            INNER JOIN positions ON events.profile_id = positions.profile_id
            WHERE event = ? AND effective_at < CAST(? AS TIMESTAMP)
            ORDER BY moment
            """,
            [event, to_utc_naive(world.as_of)],
        )
        coded = {path: coded_texts(table[f"p{n}"]) for n, path in enumerate(paths)}
        return Rows(table["position"].to_numpy(), table["moment"].to_numpy(), coded)


def coded_texts(column: pa.ChunkedArray) -> Texts:
    """A column of texts as codes, 0 where it is missing."""
    array = column.combine_chunks().dictionary_encode()
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False) + np.int32(1)
    return Texts(codes, distinct_of(array.dictionary))
