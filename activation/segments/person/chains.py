"""Occurrences that follow one another: sequences, and the last few with their answers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping

from activation.segments.compiler import Moment
from activation.segments.person.cells import Cells
from activation.segments.person.days import span_of
from activation.segments.person.deeds import Rows
from activation.segments.terms import Occurrence, RecentTerm, SequenceTerm

Cut = Mapping[int, Rows]
Numbers = Mapping[Occurrence, int]
Chain = Callable[[Cut], int]


class Sequences:
    """Sequences by the occurrence that begins them: whose first or second never happened isn't looked at."""

    def __init__(self, terms: Mapping[SequenceTerm, int], moment: Moment, numbers: Numbers) -> None:
        self._by_first: dict[int, list[tuple[int, int, int | None, int | None, int]]] = defaultdict(list)
        for term, bit in terms.items():
            without = -1 if term.without is None else numbers[term.without]
            start, _ = span_of(moment.as_of, moment.zone, term.days, None)
            self._by_first[numbers[term.first]].append((numbers[term.then], without, term.gap, start, bit))

    def of(self, cut: Cut) -> int:
        """The bits of the sequences that are shown."""
        found = 0
        for number, rows in cut.items():
            for then, without, gap, start, bit in self._by_first.get(number, ()):
                if then in cut:
                    first, forbidden = rows.moments, cut[without].moments if without in cut else []
                    first = first if start is None else first[bisect_left(first, start) :]
                    if _is_shown(first, cut[then].moments, forbidden, gap):
                        found |= bit
        return found


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
        first, until = rows.bounds(start, end)
        if until - first > last:
            first = max(first, bisect_left(rows.moments, rows.moments[until - last]))
        given = {*answers.texts(path, *answers.bounds(start, end))} - {None}
        return cells.of(sum(text in given for text in rows.texts(path, first, until)))

    return chain


def _is_shown(first: list[int], then: list[int], forbidden: list[int], gap: int | None) -> bool:
    """For each first event the nearest later second: if it fails, every farther one does."""
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
