"""Totals by profile over overlapping slices of rows, each row added once; or over one slice that moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key")
EXACT_IN_FLOAT = 2**53
#: A slice of fewer rows than this share of the profiles is added row by row.
SPARSE = 32


@dataclass(frozen=True)
class Totals:
    """`add(total, start, end, sign)` adds the rows of a slice to a total, in place, or takes them away (sign -1)."""

    rows: int
    fresh: Callable[[], NDArray[Any]]
    add: Callable[[NDArray[Any], int, int, int], None]

    def over(self, spans: Mapping[Key, tuple[int, int]]) -> Iterator[tuple[Key, NDArray[Any]]]:
        """The total of each slice, in the order of the slices. What is answered holds until the next is asked for.

        The pieces between the bounds of all slices are added newest first to a running total; a slice that ends
        earlier is what the total grew by since that bound.
        """
        bounds = sorted({bound for span in spans.values() for bound in span}, reverse=True)
        ends = {end for _, end in spans.values()}
        waiting = sorted(spans.items(), key=lambda item: -item[1][0])
        total, kept, place = self.fresh(), dict[int, NDArray[Any]](), 0
        newest = bounds[0] if bounds else 0
        for number, bound in enumerate(bounds):
            if number:
                self.add(total, bound, bounds[number - 1], 1)
            while place < len(waiting) and waiting[place][1][0] == bound:
                key, (_, end) = waiting[place]
                yield key, total if end == newest else total - kept[end] if end > bound else self.fresh()
                place += 1
            if bound in ends and bound != newest:
                kept[bound] = total.copy()

    def moving(self, spans: Iterable[tuple[int, int]]) -> Iterator[NDArray[Any]]:
        """The total of each slice, where neither bound is ever before the last one's: what came is added, what
        went is taken away. What is answered holds until the next is asked for."""
        total, first, last = self.fresh(), None, None
        for start, end in spans:
            self.add(total, start if last is None else last, end, 1)
            if first is not None:
                self.add(total, first, start, -1)
            first, last = start, end
            yield total


def counting(positions: NDArray[np.int32], size: int) -> Totals:
    """How many rows there are."""

    def add(total: NDArray[Any], start: int, end: int, sign: int) -> None:
        if (end - start) * SPARSE < size:
            np.add.at(total, positions[start:end], sign)
        else:
            _gain(total, np.bincount(positions[start:end], minlength=size), sign)

    return Totals(len(positions), lambda: np.zeros(size, np.int64), add)


def summing(positions: NDArray[np.int32], amounts: NDArray[np.int64], size: int) -> Totals:
    """What the rows' amounts come to, exactly: in floats while every sum is sure to fit their 53 bits, in
    integers while it fits those, else in Python's own."""
    largest = max(abs(int(amounts.min())), abs(int(amounts.max()))) if len(amounts) else 0
    if largest * len(amounts) < EXACT_IN_FLOAT:
        return _in_floats(positions, amounts.astype(np.float64), size)
    kind: Any = np.int64 if largest * len(amounts) < 2**63 else object
    wide = amounts.astype(kind)

    def add(total: NDArray[Any], start: int, end: int, sign: int) -> None:
        np.add.at(total, positions[start:end], wide[start:end] * sign)

    return Totals(len(positions), lambda: np.zeros(size, kind), add)


def _in_floats(positions: NDArray[np.int32], amounts: NDArray[np.float64], size: int) -> Totals:
    def add(total: NDArray[Any], start: int, end: int, sign: int) -> None:
        if (end - start) * SPARSE < size:
            np.add.at(total, positions[start:end], amounts[start:end] * sign)
        else:
            _gain(total, np.bincount(positions[start:end], amounts[start:end], minlength=size), sign)

    return Totals(len(positions), lambda: np.zeros(size, np.float64), add)


def _gain(total: NDArray[Any], gained: NDArray[Any], sign: int) -> None:
    (np.add if sign > 0 else np.subtract)(total, gained, out=total)
