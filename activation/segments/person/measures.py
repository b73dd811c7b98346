"""Measures of the rows of one occurrence, in all spans and against all comparisons that any definition names."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import accumulate, pairwise

from activation.segments.compiler import Moment
from activation.segments.judgement import AMOUNT_SCALE
from activation.segments.person.cells import Cells
from activation.segments.person.days import LocalDays, moment_of, span_of
from activation.segments.person.deeds import Rows
from activation.segments.terms import BehaviourTerm, Comparison, Happening, Measure

Span = tuple[int | None, int | None]
Answer = Callable[["Summed", int, int], int]


class Summed:
    """The rows of one profile, with the sums up to each row that several spans share."""

    def __init__(self, rows: Rows, days: LocalDays) -> None:
        self.rows, self.moments = rows, rows.moments
        self._days = days
        self._sums: dict[tuple[str, ...], tuple[list[int], list[int]]] = {}
        self._ranks: list[int] = []

    def sums(self, path: tuple[str, ...], start: int, end: int) -> tuple[int, int]:
        """The sum of the amounts of rows from `start` until `end`, and how many of them have one."""
        if path not in self._sums:
            amounts = self.rows.amounts(path)
            totals = list(accumulate((each or 0 for each in amounts), initial=0))
            counts = list(accumulate((each is not None for each in amounts), initial=0))
            self._sums[path] = totals, counts
        totals, counts = self._sums[path]
        return totals[end] - totals[start], counts[end] - counts[start]

    def days(self, start: int, end: int) -> int:
        """How many different local days: rows stand in time order, so days are told apart as they change."""
        if not self._ranks:
            numbers = [self._days.number(each) for each in self.moments]
            changes = (a != b for a, b in pairwise(numbers))
            self._ranks = list(accumulate(changes, initial=0))
        return self._ranks[end - 1] - self._ranks[start] + 1


class Measures:
    """`of(rows)` has the bit of each term that holds of rows, `bits` those of all terms, `of_nothing` those that
    hold without any row."""

    def __init__(self, terms: Mapping[BehaviourTerm, int], moment: Moment, days: LocalDays) -> None:
        self._days = days
        by_span: dict[Happening, dict[Measure, list[tuple[Comparison, int]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for term, bit in terms.items():
            by_span[term.happening][term.measure].append((_in_units(term, moment.as_of), bit))
        self._spans: list[tuple[int | None, int | None, list[Answer], int]] = []
        self.bits, self.of_nothing = sum(terms.values()), 0
        for happening, compared in by_span.items():
            span = span_of(moment.as_of, moment.zone, happening.days, happening.until)
            answers = [_answer(measure, given) for measure, given in compared.items()]
            nothing = sum(_of_nothing(measure, given) for measure, given in compared.items())
            self._spans.append((*span, answers, nothing))
            self.of_nothing |= nothing

    def of(self, rows: Rows) -> int:
        summed, moments, found = Summed(rows, self._days), rows.moments, 0
        for start, end, answers, nothing in self._spans:
            first = 0 if start is None else bisect_left(moments, start)
            last = len(moments) if end is None else bisect_left(moments, end)
            if first >= last:
                found |= nothing
                continue
            for answer in answers:
                found |= answer(summed, first, last)
        return found


def _in_units(term: BehaviourTerm, now: datetime) -> Comparison:
    """Operands as whole numbers of what is compared: rows, microseconds, ten-thousandths."""
    comparison = term.comparison
    operator, operands = comparison.operator, comparison.operands
    if term.measure.word in ("first", "last"):
        if operator == "from_until" and operands[1] == now:  # rows are all before it
            operator, operands = "at_least", operands[:1]
        return Comparison(operator, tuple(moment_of(each) for each in operands if isinstance(each, datetime)))
    if term.measure.word in ("count", "days", "distinct"):
        return comparison
    return Comparison(operator, tuple(int(each * AMOUNT_SCALE) for each in operands))  # type: ignore[operator]


def _of_nothing(measure: Measure, compared: Iterable[tuple[Comparison, int]]) -> int:
    """Counts and sums of nothing are 0, other measures missing."""
    return Cells(compared).of(0) if measure.word in ("count", "days", "distinct", "sum") else 0


def _answer(measure: Measure, compared: Iterable[tuple[Comparison, int]]) -> Answer:
    return _ANSWERS[measure.word](Cells(compared), measure.keys)


def _distinct(cells: Cells, path: tuple[str, ...]) -> Answer:
    def answer(summed: Summed, start: int, end: int) -> int:
        return cells.of(len({*summed.rows.texts(path, start, end), None}) - 1)

    return answer


def _average(cells: Cells, path: tuple[str, ...]) -> Answer:
    """The quotient in whole numbers: what is left over lies between two of them."""

    def answer(summed: Summed, start: int, end: int) -> int:
        total, count = summed.sums(path, start, end)
        if not count:
            return 0
        quotient, rest = divmod(total, count)
        return cells.after(quotient) if rest else cells.of(quotient)

    return answer


def _extreme(pick: Callable[[list[int]], int]) -> Callable[[Cells, tuple[str, ...]], Answer]:
    def made(cells: Cells, path: tuple[str, ...]) -> Answer:
        def answer(summed: Summed, start: int, end: int) -> int:
            amounts = [each for each in summed.rows.amounts(path)[start:end] if each is not None]
            return cells.of(pick(amounts)) if amounts else 0

        return answer

    return made


_ANSWERS: dict[str, Callable[[Cells, tuple[str, ...]], Answer]] = {
    "count": lambda cells, _: lambda summed, start, end: cells.of(end - start),
    "days": lambda cells, _: lambda summed, start, end: cells.of(summed.days(start, end)),
    "first": lambda cells, _: lambda summed, start, end: cells.of(summed.moments[start]),
    "last": lambda cells, _: lambda summed, start, end: cells.of(summed.moments[end - 1]),
    "distinct": _distinct,
    "sum": lambda cells, path: lambda summed, start, end: cells.of(summed.sums(path, start, end)[0]),
    "average": _average,
    "minimum": _extreme(min),
    "maximum": _extreme(max),
}
