"""Measures of behaviour by profile. Rows stand in time order, so a span is a slice, found by two searches."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from activation.segments.bitsets.comparing import compare_numbers, microseconds
from activation.segments.bitsets.population import Truth
from activation.segments.bitsets.rows import UNREADABLE, Behaviour, Rows
from activation.segments.judgement import AMOUNT_SCALE
from activation.segments.terms import BehaviourTerm, Comparison, Happening
from activation.segments.windows import window_start
from kith.times import local_day, local_midnight

Numbers = NDArray[np.int64]
EXACT_IN_FLOAT = 2**53
DENSE = 1 << 27


@dataclass(frozen=True)
class Measuring:
    """Measures terms over the rows of a behaviour."""

    behaviour: Behaviour
    size: int
    as_of: datetime
    zone: str

    def truth(self, term: BehaviourTerm) -> Truth:
        """Whether a term holds, by profile."""
        rows = self.span(term.happening)
        match term.measure.word:
            case "count":
                return compare_numbers(self._count(rows.positions), term.comparison)
            case "days":
                return compare_numbers(self._days(rows), term.comparison)
            case "distinct":
                return compare_numbers(self._distinct(rows, term.measure.keys), term.comparison)
            case "first" | "last" as word:
                return self._time(rows, word, term.comparison)
        return self._amount(rows, term)

    def span(self, happening: Happening) -> Rows:
        """The rows of a happening: a view."""
        rows = self.behaviour.rows(happening.occurrence)
        start = 0 if happening.days is None else self._place(rows, happening.days)
        end = len(rows.moments) if happening.until is None else self._place(rows, happening.until)
        part = slice(start, max(start, end))
        texts = {keys: type(each)(each.codes[part], each.distinct) for keys, each in rows.texts.items()}
        return Rows(rows.positions[part], rows.moments[part], texts)

    def _place(self, rows: Rows, days: int) -> int:
        start = microseconds(window_start(self.as_of, days, self.zone))
        return int(np.searchsorted(rows.moments, start, "left"))

    def _count(self, positions: NDArray[np.int32]) -> Numbers:
        return np.bincount(positions, minlength=self.size).astype(np.int64, copy=False)

    def _days(self, rows: Rows) -> Numbers:
        """Day by day: of the rows of a profile on one day one is kept, the last to write its number."""
        counts = np.zeros(self.size, np.int64)
        last = np.empty(self.size, np.int64)
        bounds = [*np.searchsorted(rows.moments, self._midnights(rows), "left"), len(rows.moments)]
        for start, end in itertools.pairwise(bounds):
            positions = rows.positions[start:end]
            numbers = np.arange(len(positions))
            last[positions] = numbers
            counts[positions[last[positions] == numbers]] += 1
        return counts

    def _midnights(self, rows: Rows) -> list[int]:
        if not len(rows.moments):
            return []
        first = local_day(
            datetime.fromtimestamp(int(rows.moments[0]) / 1e6, UTC) - timedelta(days=1), self.zone
        )
        count = (local_day(self.as_of, self.zone) - first).days + 1
        return [microseconds(local_midnight(first + timedelta(days=n), self.zone)) for n in range(count)]

    def _distinct(self, rows: Rows, keys: tuple[str, ...]) -> Numbers:
        texts = rows.texts[keys]
        known = texts.codes >= 0
        width = max(len(texts.distinct), 1)
        pairs = rows.positions[known].astype(np.int64) * width + texts.codes[known]
        if self.size * width <= DENSE:
            seen = np.zeros(self.size * width, bool)
            seen[pairs] = True
            return seen.reshape(self.size, width).sum(axis=1, dtype=np.int64)
        return self._count((np.unique(pairs) // width).astype(np.int32))

    def _time(self, rows: Rows, word: str, comparison: Comparison) -> Truth:
        """The last to write wins: forwards the last moment, backwards the first."""
        step = 1 if word == "last" else -1
        times, known = np.zeros(self.size, np.int64), np.zeros(self.size, bool)
        times[rows.positions[::step]] = rows.moments[::step]
        known[rows.positions] = True
        operands = tuple(microseconds(each) for each in comparison.operands if isinstance(each, datetime))
        return compare_numbers(times, Comparison(comparison.operator, operands)) & known

    def _amount(self, rows: Rows, term: BehaviourTerm) -> Truth:
        amounts = rows.texts[term.measure.keys].amounts
        readable = amounts != UNREADABLE
        positions, amounts = rows.positions[readable], amounts[readable]
        word, comparison = term.measure.word, term.comparison
        if word == "sum":
            return compare_numbers(self._sum(positions, amounts), comparison, AMOUNT_SCALE)
        counts = self._count(positions)
        if word == "average":
            return self._average(self._sum(positions, amounts), counts, comparison)
        extreme, start = (
            (np.minimum, np.iinfo(np.int64).max) if word == "minimum" else (np.maximum, UNREADABLE)
        )
        found = np.full(self.size, start, np.int64)
        extreme.at(found, positions, amounts)
        return compare_numbers(found, comparison, AMOUNT_SCALE) & (counts > 0)

    def _sum(self, positions: NDArray[np.int32], amounts: Numbers) -> NDArray[np.int64]:
        """Exact: in floats while every sum is sure to fit their 53 bits, else in Python's own integers."""
        largest = int(np.abs(amounts).max()) if len(amounts) else 0
        if largest * len(amounts) < EXACT_IN_FLOAT:
            return np.bincount(positions, amounts, minlength=self.size).astype(np.int64)
        if largest * len(amounts) < 2**63:
            sums = np.zeros(self.size, np.int64)
            np.add.at(sums, positions, amounts)
            return sums
        wide = np.zeros(self.size, object)
        np.add.at(wide, positions, amounts.astype(object))
        return wide

    def _average(self, sums: Numbers, counts: Numbers, comparison: Comparison) -> Truth:
        """The sum against so many times the operand, for each of the few different counts."""
        found = np.zeros(self.size, bool)
        for count in np.unique(counts[counts > 0]):
            mine = counts == count
            found[mine] = compare_numbers(sums[mine], comparison, AMOUNT_SCALE * int(count))
        return found
