"""Measures of the rows of one occurrence by profile, for all terms that ask for it.

Rows stand in time order, so a window is a slice, found by two searches. Windows that overlap share their rows:
the slice from the earliest start on is cut at every bound, each piece is counted once, newest first, and the
running total is read off at the bounds. What is only asked whether, or when, needs no count at all: the last
row to write its number into the profile's place is the latest (backwards: the first).
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activation.segments.audience import Bits, pack
from activation.segments.bitsets.moments import Instant
from activation.segments.bitsets.totals import Totals, counting, summing
from activation.segments.columns.comparing import Truth, compare_numbers, microseconds
from activation.segments.columns.rows import UNREADABLE, Cut, Rows, cut_rows
from activation.segments.judgement import AMOUNT_SCALE
from activation.segments.terms import BehaviourTerm, Comparison, Occurrence

Told = Iterator[tuple[BehaviourTerm, Bits]]
Span = tuple[int, int]
DENSE = 1 << 26
_EXTREMES: Mapping[str, tuple[np.ufunc, int]] = {
    "minimum": (np.minimum, np.iinfo(np.int64).max),
    "maximum": (np.maximum, np.iinfo(np.int64).min),
}


def judge_occurrence(
    rows: Rows, occurrence: Occurrence, terms: Iterable[BehaviourTerm], size: int, instant: Instant
) -> Told:
    """The bits of every term about one occurrence, over the rows of its event before the instant."""
    terms = list(terms)
    moments = [start for each in terms if (start := instant.start(each.happening.days)) is not None]
    first = rows.place(min(moments)) if len(moments) == len(terms) else 0
    cut = cut_rows(rows, occurrence, first)
    families: dict[tuple[str, tuple[str, ...]], list[BehaviourTerm]] = defaultdict(list)
    for term in terms:
        families[_family(term), term.measure.keys].append(term)
    judging = _Judging(cut, size, instant)
    for (family, _), group in families.items():
        yield from _FAMILIES[family](judging, group)


def _family(term: BehaviourTerm) -> str:
    word = term.measure.word
    if word == "count" and term.happening.until is None and asks_presence(term.comparison) is not None:
        return "presence"
    return word


def asks_presence(comparison: Comparison) -> bool | None:
    """True: whether there is a row; False: whether there is none; None: how many."""
    asked = (comparison.operator, *comparison.operands)
    if asked in (("at_least", 1), ("greater", 0)):
        return True
    return False if asked in (("at_most", 0), ("is", 0), ("less", 1)) else None


@dataclass(frozen=True)
class _Judging:
    """Measures over one cut."""

    cut: Cut
    size: int
    instant: Instant

    def span(self, term: BehaviourTerm, cut: Cut | None = None) -> Span:
        return _span(self.cut if cut is None else cut, term, self.instant)

    def presence(self, terms: list[BehaviourTerm]) -> Told:
        starts = {term: self.span(term)[0] for term in terms}
        last = self.last(min(starts.values()), len(self.cut))
        for term, start in starts.items():
            has = last >= start
            yield term, pack(has if asks_presence(term.comparison) else ~has)

    def count(self, terms: list[BehaviourTerm]) -> Told:
        yield from self._compared(terms, counting(self.cut.positions, self.size))

    def days(self, terms: list[BehaviourTerm]) -> Told:
        """Day by day: of the rows of a profile on one day one is kept, the last to write its number."""
        start = min(self.span(term)[0] for term in terms)
        kept = self.cut.only(self._one_a_day(start))
        yield from self._compared(terms, counting(kept.positions, self.size), kept)

    def distinct(self, terms: list[BehaviourTerm]) -> Told:
        [path] = {term.measure.keys for term in terms}
        codes, width = self.cut.codes(path), len(self.cut.rows.texts[path].distinct.texts)
        for span, group in self._by_span(terms):
            part = slice(*span)
            counts = _distinct(self.cut.positions[part], codes[part], width, self.size)
            for term in group:
                yield term, pack(compare_numbers(counts, term.comparison))

    def first(self, terms: list[BehaviourTerm]) -> Told:
        for (start, end), group in self._by_span(terms):
            first = np.full(self.size, end, np.int32)
            first[self.cut.positions[start:end][::-1]] = np.arange(end - 1, start - 1, -1, dtype=np.int32)
            for term in group:
                low, high = rows_between(self.cut, term.comparison)
                yield term, pack((first >= low) & (first < min(high, end)))

    def latest(self, terms: list[BehaviourTerm]) -> Told:
        for (start, end), group in self._by_span(terms):
            last = self.last(start, end)
            for term in group:
                low, high = rows_between(self.cut, term.comparison)
                yield term, pack((last >= max(low, start)) & (last < high))

    def last(self, start: int, end: int) -> NDArray[np.int32]:
        """The number of each profile's last row in a slice, -1 where there is none."""
        last = np.full(self.size, -1, np.int32)
        last[self.cut.positions[start:end]] = np.arange(start, end, dtype=np.int32)
        return last

    def sum(self, terms: list[BehaviourTerm]) -> Told:
        readable, amounts = self._amounts(terms)
        yield from self._compared(terms, summing(readable.positions, amounts, self.size), readable)

    def average(self, terms: list[BehaviourTerm]) -> Told:
        """The sum against so many times the operand: a quotient would be rounded."""
        readable, amounts = self._amounts(terms)
        sums = summing(readable.positions, amounts, self.size)
        counts = counting(readable.positions, self.size)
        spans = {term: self.span(term, readable) for term in terms}
        for (term, total), (_, count) in zip(sums.over(spans), counts.over(spans), strict=True):
            yield term, pack(compare_averages(total, count, term.comparison))

    def extreme(self, terms: list[BehaviourTerm]) -> Told:
        readable, amounts = self._amounts(terms)
        [word] = {term.measure.word for term in terms}
        choose, worst = _EXTREMES[word]
        for span, group in self._by_span(terms, readable):
            part = slice(*span)
            found = np.full(self.size, worst, np.int64)
            choose.at(found, readable.positions[part], amounts[part])
            has = np.zeros(self.size, bool)
            has[readable.positions[part]] = True
            for term in group:
                yield term, pack(compare_numbers(found, term.comparison, AMOUNT_SCALE) & has)

    def _compared(self, terms: list[BehaviourTerm], totals: Totals, cut: Cut | None = None) -> Told:
        scale = AMOUNT_SCALE if terms[0].measure.word == "sum" else 1
        for term, total in totals.over({term: self.span(term, cut) for term in terms}):
            yield term, pack(compare_numbers(total, term.comparison, scale))

    def _amounts(self, terms: list[BehaviourTerm]) -> tuple[Cut, NDArray[np.int64]]:
        """The rows whose property reads as an amount, and the amounts."""
        [path] = {term.measure.keys for term in terms}
        amounts = self.cut.amounts(path)
        readable = amounts != UNREADABLE
        return (self.cut, amounts) if readable.all() else (self.cut.only(readable), amounts[readable])

    def _one_a_day(self, start: int) -> Truth:
        keep, last = np.zeros(len(self.cut), bool), np.empty(self.size, np.int32)
        if start == len(self.cut):
            return keep
        midnights = self.instant.midnights(int(self.cut.moments[start]))
        numbers = np.searchsorted(self.cut.rows.moments, midnights, "left")
        bounds = np.unique(np.clip([start, *self.cut.places(numbers), len(self.cut)], start, None))
        for low, high in itertools.pairwise(bounds.tolist()):
            positions, numbers = self.cut.positions[low:high], np.arange(low, high, dtype=np.int32)
            last[positions] = numbers
            np.equal(last[positions], numbers, out=keep[low:high])
        return keep

    def _by_span(
        self, terms: list[BehaviourTerm], cut: Cut | None = None
    ) -> Iterable[tuple[Span, list[BehaviourTerm]]]:
        found: dict[Span, list[BehaviourTerm]] = defaultdict(list)
        for term in terms:
            found[self.span(term, cut)].append(term)
        return found.items()


def rows_between(cut: Cut, comparison: Comparison) -> Span:
    """A comparison of moments as one of row numbers of a cut: from the first, and before the second."""
    operands = [microseconds(each) for each in comparison.operands if isinstance(each, datetime)]
    at, after = (lambda n: cut.place(operands[n])), (lambda n: cut.place(operands[n] + 1))
    match comparison.operator:
        case "at_least":
            return at(0), len(cut)
        case "greater":
            return after(0), len(cut)
        case "less":
            return 0, at(0)
        case "at_most":
            return 0, after(0)
        case "between":
            return at(0), after(1)
    return at(0), at(1)


_FAMILIES: Mapping[str, Callable[[_Judging, list[BehaviourTerm]], Told]] = {
    **{word: getattr(_Judging, word) for word in ("presence", "count", "days", "distinct", "first")},
    "last": _Judging.latest,
    "sum": _Judging.sum,
    "average": _Judging.average,
    "minimum": _Judging.extreme,
    "maximum": _Judging.extreme,
}


def _span(cut: Cut, term: BehaviourTerm, instant: Instant) -> Span:
    start, end = instant.start(term.happening.days), instant.start(term.happening.until)
    first = 0 if start is None else cut.place(start)
    return first, max(first, len(cut) if end is None else cut.place(end))


def _distinct(positions: NDArray[np.int32], codes: NDArray[Any], width: int, size: int) -> NDArray[np.int64]:
    """How many different codes above 0 a profile has."""
    known = codes > 0
    positions, codes = positions[known], codes[known]
    if size * width <= DENSE:
        seen = np.zeros((width, size), np.uint8)
        seen[codes.astype(np.int64) - 1, positions] = 1
        return seen.sum(axis=0, dtype=np.int64)
    pairs = np.unique(positions.astype(np.int64) * (width + 1) + codes)
    return np.bincount(pairs // (width + 1), minlength=size)


def compare_averages(sums: NDArray[Any], counts: NDArray[Any], comparison: Comparison) -> Truth:
    """The sum against so many times the operand, which has four fractional digits and so is whole when scaled."""
    found = counts > 0
    operands = [int(each * AMOUNT_SCALE) for each in comparison.operands]  # type: ignore[operator]
    largest = max(map(abs, operands)) * int(counts.max(initial=0))
    wide = object if largest >= 2**63 else np.int64
    return found & _ORDERS[comparison.operator](
        sums.astype(wide), [counts.astype(wide) * each for each in operands]
    )


_ORDERS: Mapping[str, Callable[[Any, list[Any]], Truth]] = {
    "greater": lambda x, k: np.asarray(x > k[0], bool),
    "less": lambda x, k: np.asarray(x < k[0], bool),
    "at_least": lambda x, k: np.asarray(x >= k[0], bool),
    "at_most": lambda x, k: np.asarray(x <= k[0], bool),
    "between": lambda x, k: np.asarray((x >= k[0]) & (x <= k[1]), bool),
}
