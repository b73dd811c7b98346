"""The rows of a plan by batch, read from the plan's file as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pyarrow.parquet as pq

from activation.destinations.contract import Operation
from activation.syncs.history import Plan

_COLUMNS = ["row_key", "content", "remote_id"]
Triple = tuple[str, str, str]


@dataclass(frozen=True)
class Slot:
    """A batch as the plan cuts it: its number, operation, and positions [first, first + count)."""

    number: int
    operation: Operation
    phase: int
    first: int
    count: int


class PlanRows:
    """Read by one thread. Two row groups of the file are kept at a time."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._group = lru_cache(maxsize=2)(self._read_group)

    @cached_property
    def slots(self) -> list[Slot]:
        """Every batch of the plan in order, removals first."""
        return list(self._cut())

    def rows(self, positions: Sequence[int]) -> list[Triple]:
        """Key, content and remote id at ascending positions."""
        found: list[Triple] = []
        for position in positions:
            place = self._place(position)
            start, keys, contents, remote_ids = self._group(self._group_of(place))
            at = place - start
            found.append((keys[at], contents[at], remote_ids[at]))
        return found

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

    def _group_of(self, place: int) -> int:
        from bisect import bisect_right

        return bisect_right(self._starts, place) - 1

    def _read_group(self, group: int) -> tuple[int, list[str], list[str], list[str]]:
        table = self._file.read_row_group(group, columns=_COLUMNS)
        return self._starts[group], *(table.column(name).to_pylist() for name in _COLUMNS)
