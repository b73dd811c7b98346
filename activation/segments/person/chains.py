"""Occurrences that follow one another: sequences, and the last few with their answers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping

from activation.segments.compiler import Moment
from activation.segments.person.cells import Cells
from activation.segments.person.days import span_of
from activation.segments.person.deeds import Rows
from activation.segments.terms import Occurrence, RecentTerm, SequenceTerm

Cut = Mapping[int, Rows]
Numbers = Mapping[Occurrence, int]
Chain = Callable[[Cut], int]


def shows(term: SequenceTerm, bit: int, moment: Moment, numbers: Numbers) -> Chain:
    """For each first event the nearest later second: if it fails, every farther one does."""
    start, _ = span_of(moment.as_of, moment.zone, term.days, None)
    one, other, gap = numbers[term.first], numbers[term.then], term.gap
    without = -1 if term.without is None else numbers[term.without]

    def chain(cut: Cut) -> int:
        first, then = cut.get(one), cut.get(other)
        if first is None or then is None:
            return 0
        forbidden = cut[without].moments if without in cut else []
        return bit if _is_shown(_since(first.moments, start), then.moments, forbidden, gap) else 0

    return chain


def answered(term: RecentTerm, bit: int, moment: Moment, numbers: Numbers) -> Chain:
    """How many of the last rows have an answer."""
    happening, path, last = term.happening, term.keys, term.last
    start, end = span_of(moment.as_of, moment.zone, happening.days, happening.until)
    cells = Cells([(term.comparison, bit)])
    sent, answer = numbers[happening.occurrence], numbers[term.answer]

    def chain(cut: Cut) -> int:
        rows, answers = cut.get(sent), cut.get(answer)
        if rows is None or answers is None:
            return cells.of(0)
        first, until = _bounds(rows.moments, start, end)
        if until - first > last:
            first = max(first, bisect_left(rows.moments, rows.moments[until - last]))
        given = {*answers.texts(path, *_bounds(answers.moments, start, end))} - {None}
        return cells.of(sum(text in given for text in rows.texts(path, first, until)))

    return chain


def _is_shown(first: list[int], then: list[int], forbidden: list[int], gap: int | None) -> bool:
    for moment in first:
        place = bisect_right(then, moment)
        if place == len(then):
            return False
        second = then[place]
        if gap is not None and second - moment > gap:
            continue
        after = bisect_left(forbidden, moment)
        if after == len(forbidden) or forbidden[after] > second:
            return True
    return False


def _since(moments: list[int], start: int | None) -> list[int]:
    return moments if start is None else moments[bisect_left(moments, start) :]


def _bounds(moments: list[int], start: int | None, end: int | None) -> tuple[int, int]:
    first = 0 if start is None else bisect_left(moments, start)
    return first, len(moments) if end is None else max(first, bisect_left(moments, end))
