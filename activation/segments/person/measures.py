"""Measures of the rows of one occurrence, in all spans and against all comparisons that any definition names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from activation.segments.compiler import Moment
from activation.segments.judgement import AMOUNT_SCALE
from activation.segments.person.cells import Cells
from activation.segments.person.days import moment_of, span_of
from activation.segments.person.deeds import Rows
from activation.segments.terms import BehaviourTerm, Comparison, Happening, Measure

Span = tuple[int | None, int | None]
Answer = Callable[[Rows, int, int], int]


class Measures:
    """`of(rows)` has the bit of each term that holds of rows, `bits` those of all terms, `of_nothing` those that
    hold without any row."""

    def __init__(self, terms: Mapping[BehaviourTerm, int], moment: Moment) -> None:
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
        found = 0
        for start, end, answers, nothing in self._spans:
            first, last = rows.bounds(start, end)
            if first >= last:
                found |= nothing
                continue
            for answer in answers:
                found |= answer(rows, first, last)
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
    def answer(rows: Rows, start: int, end: int) -> int:
        return cells.of(len({*rows.texts(path, start, end), None}) - 1)

    return answer


def _average(cells: Cells, path: tuple[str, ...]) -> Answer:
    """The quotient in whole numbers: what is left over lies between two of them."""

    def answer(rows: Rows, start: int, end: int) -> int:
        total, count = rows.sums(path, start, end)
        if not count:
            return 0
        quotient, rest = divmod(total, count)
        return cells.after(quotient) if rest else cells.of(quotient)

    return answer


def _extreme(pick: Callable[[list[int]], int]) -> Callable[[Cells, tuple[str, ...]], Answer]:
    def made(cells: Cells, path: tuple[str, ...]) -> Answer:
        def answer(rows: Rows, start: int, end: int) -> int:
            amounts = [each for each in rows.amounts(path)[start:end] if each is not None]
            return cells.of(pick(amounts)) if amounts else 0

        return answer

    return made


_ANSWERS: dict[str, Callable[[Cells, tuple[str, ...]], Answer]] = {
    "count": lambda cells, _: lambda rows, start, end: cells.of(end - start),
    "days": lambda cells, _: lambda rows, start, end: cells.of(len({*rows.days(start, end)})),
    "first": lambda cells, _: lambda rows, start, end: cells.of(rows.moments[start]),
    "last": lambda cells, _: lambda rows, start, end: cells.of(rows.moments[end - 1]),
    "distinct": _distinct,
    "sum": lambda cells, path: lambda rows, start, end: cells.of(rows.sums(path, start, end)[0]),
    "average": _average,
    "minimum": _extreme(min),
    "maximum": _extreme(max),
}
