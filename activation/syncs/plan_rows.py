"""The rows of a plan by batch, read from the plan's file as they are asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from activation.destinations._rows import parted
from activation.destinations.contract import Operation, Rows
from activation.syncs.history import Plan

_COLUMNS = ["row_key", "content", "remote_id"]
_GROUPS = 4


@dataclass(frozen=True)
class Slot:
    """A batch as the plan cuts it: its number, operation, and positions [first, first + count)."""

    number: int
    operation: Operation
    phase: int
    first: int
    count: int


class PlanRows:
    """Safe to be read by several threads, one at a time, so that a row group of the file is read once: the last few are
    kept."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._turn = Lock()
        self._group = lru_cache(maxsize=_GROUPS)(self._read_group)

    @cached_property
    def slots(self) -> list[Slot]:
        """Every batch of the plan in order, removals first."""
        return list(self._cut())

    def rows(self, positions: Sequence[int]) -> Rows:
        """The rows at ascending positions of one operation."""
        found = self._read(positions)
        return Rows(*(_whole(found.column(name)) for name in _COLUMNS))

    def people(self, positions: Sequence[int]) -> list[str | None]:
        """Whose rows these are; only of a sync that asks for a consent."""
        return self._read(positions).column("profile_id").to_pylist()

    def _read(self, positions: Sequence[int]) -> pa.Table:
        first = positions[0]
        found = self._span(self._place(first), positions[-1] - first + 1)
        if found.num_rows != len(positions):
            found = found.take([position - first for position in positions])
        return found

    def _span(self, place: int, count: int) -> pa.Table:
        """So many rows of the file from the given one on; they may lie in two groups."""
        pieces = []
        with self._turn:
            while count:
                group = bisect_right(self._starts, place) - 1
                piece = self._group(group).slice(place - self._starts[group], count)
                pieces.append(piece)
                place, count = place + piece.num_rows, count - piece.num_rows
        return pa.concat_tables(pieces) if len(pieces) > 1 else pieces[0]

    def _cut(self) -> Iterator[Slot]:
        size, number = self.plan.batch_size, 0
        for phase, (operation, first, count) in enumerate(self.plan.phases):
            for start in range(0, count, size):
                number = (first + start) // size
                yield Slot(number, Operation(operation), phase, first + start, min(size, count - start))

    @cached_property
    def _file(self) -> pq.ParquetFile:
        return pq.ParquetFile(self.plan.path)

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        for group in range(self._file.metadata.num_row_groups):
            starts.append(starts[-1] + self._file.metadata.row_group(group).num_rows)
        return starts

    def _place(self, position: int) -> int:
        """The row's number in the file: positions have gaps between operations, the file has none."""
        before = 0
        for _operation, first, count in self.plan.phases:
            if first <= position < first + count:
                return before + position - first
            before += count
        raise IndexError(position)

    def _read_group(self, group: int) -> pa.Table:
        people = ["profile_id"] if self.plan.sync.consent else []
        columns = [*_COLUMNS, *people]
        found = self._file.read_row_group(group, columns, use_threads=False).combine_chunks()
        place = columns.index("content")
        return found.set_column(place, "content", parted(found.column(place)))


def _whole(column: pa.ChunkedArray) -> Any:
    """One array; of a batch that lies in one row group the slice that it is."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
