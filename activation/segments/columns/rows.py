"""What people did, event by event: rows in time order, with the properties that terms look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from activation.segments.columns.comparing import texts_compare
from activation.segments.judgement import passes, read_amount
from activation.segments.terms import Filter, Kind, Occurrence

Path = tuple[str, ...]
Positions = NDArray[np.int32]
Moments = NDArray[np.int64]
Numbers = NDArray[np.int64]
UNREADABLE = np.iinfo(np.int64).min
MISSING = 0


@dataclass(frozen=True)
class Distinct:
    """The different texts of a property: code 0 is the missing one, code n the text n - 1.

    `amounts` has by code the text read as an amount, in ten-thousandths, or UNREADABLE.
    """

    texts: pa.Array
    amounts: Numbers
    _verdicts: dict[Filter, NDArray[np.bool]] = field(default_factory=dict)

    def verdicts(self, each: Filter) -> NDArray[np.bool]:
        """Whether a filter passes, by code: each distinct text is judged once."""
        if each not in self._verdicts:
            if each.kind is Kind.TEXT and each.comparison.operator != "missing":
                told = texts_compare(self.texts, each.comparison)
            else:
                told = np.fromiter((passes(text, each) for text in self.texts.to_pylist()), bool)
            self._verdicts[each] = np.concatenate([[passes(None, each)], told])
        return self._verdicts[each]


def distinct_of(texts: pa.Array, amounts: Numbers | None = None) -> Distinct:
    """With amounts of `texts` as `amounts_of` reads them, where they are known already."""
    read = amounts_of(texts) if amounts is None else amounts
    return Distinct(texts, np.concatenate([[UNREADABLE], read]))


def amounts_of(texts: pa.Array) -> Numbers:
    """Texts as amounts."""
    read = (read_amount(text) for text in texts.to_pylist())
    return np.fromiter((UNREADABLE if each is None else each for each in read), np.int64, len(texts))


@dataclass(frozen=True)
class Texts:
    """A property by row: codes into the distinct texts."""

    codes: NDArray[Any]
    distinct: Distinct


@dataclass(frozen=True)
class Rows:
    """Rows of one event in time order: whose (a position; -1: of nobody here), when (microseconds), and what."""

    positions: Positions
    moments: Moments
    texts: Mapping[Path, Texts]

    def place(self, moment: int) -> int:
        """The first row at or after a moment."""
        return int(np.searchsorted(self.moments, moment, "left"))

    def until(self, moment: int) -> Rows:
        """The rows before a moment: a view."""
        end = self.place(moment)
        texts = {path: Texts(each.codes[:end], each.distinct) for path, each in self.texts.items()}
        return Rows(self.positions[:end], self.moments[:end], texts)

    def known(self) -> Rows:
        """The rows of somebody here."""
        keep = self.positions >= 0
        if keep.all():
            return self
        texts = {path: Texts(each.codes[keep], each.distinct) for path, each in self.texts.items()}
        return Rows(self.positions[keep], self.moments[keep], texts)


@dataclass(frozen=True)
class Cut:
    """The rows of one occurrence, in time order: `index` numbers them among the event's (None: all of them
    from `start` on)."""

    rows: Rows
    positions: Positions
    index: NDArray[np.int32] | None = None
    start: int = 0

    def __len__(self) -> int:
        return len(self.positions)

    def place(self, moment: int) -> int:
        """The first row of the cut at or after a moment."""
        return int(self.places(np.array([self.rows.place(moment)]))[0])

    def places(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where rows of the event stand in the cut."""
        if self.index is not None:
            return np.searchsorted(self.index, numbers, "left")
        return np.clip(numbers - self.start, 0, len(self.positions))

    @cached_property
    def moments(self) -> Moments:
        return self._of(self.rows.moments)

    def codes(self, path: Path) -> NDArray[Any]:
        return self._of(self.rows.texts[path].codes)

    def amounts(self, path: Path) -> Numbers:
        """By row, in ten-thousandths; UNREADABLE where the text is no amount."""
        return self.rows.texts[path].distinct.amounts[self.codes(path)]

    def only(self, keep: NDArray[np.bool]) -> Cut:
        """Some of its rows."""
        numbers = np.flatnonzero(keep)
        index = (numbers + self.start if self.index is None else self.index[numbers]).astype(np.int32)
        return Cut(self.rows, self.positions[numbers], index)

    def _of(self, column: NDArray[Any]) -> NDArray[Any]:
        return column[self.start :] if self.index is None else column[self.index]


def cut_rows(rows: Rows, occurrence: Occurrence, start: int) -> Cut:
    """The rows of an occurrence from row `start` of its event on."""
    keep = None
    for each in sorted(occurrence.filters, key=repr):
        texts = rows.texts[each.keys]
        passing = texts.distinct.verdicts(each)[texts.codes[start:]]
        keep = passing if keep is None else np.logical_and(keep, passing, out=keep)
    whole = Cut(rows, rows.positions[start:], start=start)
    return whole if keep is None else whole.only(keep)


@dataclass
class Behaviour:
    """Rows by event, read when they are first asked for."""

    read: Callable[[str], Rows]
    events: dict[str, Rows] = field(default_factory=dict)

    def rows(self, event: str) -> Rows:
        if event not in self.events:
            self.events[event] = self.read(event)
        return self.events[event]
