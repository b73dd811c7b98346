"""Windows that move from one instant to the next, over the rows of one occurrence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from activation.segments.bitsets.measures import Span
from activation.segments.bitsets.moments import Instant
from activation.segments.columns.rows import Cut, Rows, cut_rows
from activation.segments.terms import BehaviourTerm, Happening, Measure, Occurrence

Numbers = NDArray[np.int32]
#: By week the terms that are asked then.
Asked = tuple[tuple[BehaviourTerm, ...], ...]


@dataclass(frozen=True)
class Lane:
    """One measure of one happening at several instants, ascending. Its window never goes back."""

    cut: Cut
    size: int
    happening: Happening
    measure: Measure
    asked: Asked
    instants: tuple[Instant, ...]

    @cached_property
    def spans(self) -> list[Span]:
        """The rows in the window, by instant."""
        return self.spans_in(self.cut)

    def spans_in(self, cut: Cut) -> list[Span]:
        """The same among some of the rows."""
        return [_span(cut, self.happening, each) for each in self.instants]

    def weeks(self) -> Iterator[tuple[int, BehaviourTerm]]:
        """Every term with the number of its instant."""
        return ((week, term) for week, terms in enumerate(self.asked) for term in terms)


def lanes_of(
    rows: Rows,
    occurrence: Occurrence,
    asked: Sequence[Iterable[BehaviourTerm]],
    size: int,
    instants: tuple[Instant, ...],
) -> list[Lane]:
    """The terms about one occurrence, by instant, as lanes over the same rows: those of its event that any looks at."""
    found: dict[tuple[Happening, Measure], list[list[BehaviourTerm]]] = defaultdict(
        lambda: [[] for _ in asked]
    )
    for week, terms in enumerate(asked):
        for term in terms:
            found[term.happening, term.measure][week].append(term)
    starts = [instants[0].start(happening.days) for happening, _ in found]
    known = [each for each in starts if each is not None]
    event = rows.until(instants[-1].moment)
    cut = cut_rows(event, occurrence, event.place(min(known)) if len(known) == len(starts) else 0)
    return [
        Lane(cut, size, happening, measure, tuple(map(tuple, terms)), instants)
        for (happening, measure), terms in found.items()
    ]


def _span(cut: Cut, happening: Happening, instant: Instant) -> Span:
    """Here the rows go on after the instant."""
    start, end = instant.start(happening.days), instant.start(happening.until)
    first = 0 if start is None else cut.place(start)
    return first, max(first, cut.place(instant.moment if end is None else end))


def last_rows(positions: Numbers, spans: Sequence[Span], size: int) -> Iterator[Numbers]:
    """By window the number of each profile's last row before its end, -1 where there is none since the first
    window's start. What is answered holds until the next is asked for."""
    last, done = np.full(size, -1, np.int32), spans[0][0]
    for _, end in spans:
        last[positions[done:end]] = np.arange(done, end, dtype=np.int32)
        done = max(done, end)
        yield last


def first_rows(positions: Numbers, spans: Sequence[Span], size: int) -> Iterator[tuple[int, Numbers]]:
    """By window, the last one first, the number of each profile's first row from its start on; beyond every end
    where there is none."""
    first, done = np.full(size, np.iinfo(np.int32).max, np.int32), spans[-1][1]
    for number in reversed(range(len(spans))):
        start = spans[number][0]
        first[positions[start:done][::-1]] = np.arange(done - 1, start - 1, -1, dtype=np.int32)
        done = min(done, start)
        yield number, first
