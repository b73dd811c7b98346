"""One event and later another, with nothing of a third from the one to the other.

For each first event the nearest later second is looked at, if it fails, every farther one does; or for each second
the latest first before it, whichever are fewer. So the pairs depend on no window, and terms about the same two share
them: a term asks which of them lie in its window, in its gap, and are free of what it forbids. Nor do they depend
on the instant, so that several share them as well: what lies between the two was done before the later one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from activation.segments.audience import Bits, pack
from activation.segments.bitsets.grouping import Positions, by_profile
from activation.segments.bitsets.moments import Instant
from activation.segments.columns.rows import Rows, cut_rows
from activation.segments.terms import Occurrence, SequenceTerm

Keys = NDArray[np.int64]
LARGEST = 2**61
#: A key before all others by more than any moments differ.
NEVER = -(2**62)


@dataclass(frozen=True)
class Ordered:
    """Rows by profile and time. A key is the moment since `base` plus the profile's place in its block times
    `stride`; a stride is so wide that keys of two profiles differ by more than any two moments."""

    positions: Positions
    keys: Keys
    bounds: NDArray[np.int64]

    def block(self, number: int) -> tuple[Positions, Keys]:
        part = slice(self.bounds[number], self.bounds[number + 1])
        return self.positions[part], self.keys[part]


@dataclass(frozen=True)
class Sequences:
    """Judges sequence terms at instants, ascending, over the rows of events (`rows` answers those before the last)."""

    rows: Callable[[str], Rows]
    size: int
    instants: tuple[Instant, ...]
    terms: tuple[SequenceTerm, ...]

    def judge(self) -> Iterator[tuple[int, SequenceTerm, Bits]]:
        """The bits of every term at each instant, by its number."""
        groups: dict[tuple[Occurrence, Occurrence], list[SequenceTerm]] = defaultdict(list)
        for term in self.terms:
            groups[term.first, term.then].append(term)
        known: dict[Occurrence, Ordered] = {}
        for terms in groups.values():
            for each in {part for term in terms for part in _parts(term)} - known.keys():
                known[each] = self._ordered(each)
            yield from self._group(terms, known)

    @cached_property
    def _base(self) -> int:
        """The earliest moment that any window looks back to."""
        starts = [self.instants[0].start(term.days) for term in self.terms]
        known = [each for each in starts if each is not None]
        if len(known) == len(starts):
            return min(known)
        events = {part.event for term in self.terms for part in _parts(term)}
        firsts = [int(rows.moments[0]) for rows in map(self.rows, sorted(events)) if len(rows.moments)]
        return min([*firsts, *known, self._end])

    @property
    def _end(self) -> int:
        return self.instants[-1].moment

    @property
    def _span(self) -> int:
        return max(self._end - self._base, 1)

    @property
    def _stride(self) -> int:
        return 2 * self._span + 2

    @property
    def _block(self) -> int:
        """How many profiles' keys fit an integer."""
        return max(1, min(self.size, LARGEST // self._stride))

    def _ordered(self, occurrence: Occurrence) -> Ordered:
        days = [term.days for term in self.terms if occurrence in _parts(term)]
        widest = None if None in days else max(each for each in days if each is not None)
        start = self.instants[0].start(widest)
        rows = self.rows(occurrence.event)
        cut = cut_rows(rows, occurrence, 0 if start is None else rows.place(start))
        positions, moments = by_profile(cut.positions, cut.moments, self.size)
        keys = (positions % self._block).astype(np.int64) * self._stride + (moments - self._base)
        firsts = np.arange(0, self.size + self._block, self._block)
        return Ordered(positions, keys, np.searchsorted(positions, firsts, "left"))

    def _group(
        self, terms: list[SequenceTerm], known: dict[Occurrence, Ordered]
    ) -> Iterator[tuple[int, SequenceTerm, Bits]]:
        weeks = range(len(self.instants))
        found = {(week, term): np.zeros(self.size, bool) for term in terms for week in weeks}
        first, then = known[terms[0].first], known[terms[0].then]
        for number in range(len(first.bounds) - 1):
            positions, starts, ends = self._pairs(first.block(number), then.block(number), _widest(terms))
            begun = starts - (positions % self._block).astype(np.int64) * self._stride + self._base
            for term in terms:
                forbidden = known[term.without].block(number)[1] if term.without else None
                shown = np.flatnonzero(_shown(term, starts, ends, forbidden))
                pairs = positions[shown], begun[shown], begun[shown] + ends[shown] - starts[shown]
                for week in weeks:
                    self._mark(found[week, term], pairs, self.instants[week], term.days)
        for (week, term), truth in found.items():
            yield week, term, pack(truth)

    def _pairs(
        self, first: tuple[Positions, Keys], then: tuple[Positions, Keys], gap: int | None
    ) -> tuple[Positions, Keys, Keys]:
        """Whose, and the keys of pairs of a first and a later second that are near enough, a pair for each of the
        fewer: the nearest second after a first, or the latest first before a second. If any pair will do, one of
        either kind will, as both are the shortest within their like."""
        widest = self._span if gap is None else min(gap, self._span)
        if len(then[1]) < len(first[1]):
            positions, ends = then
            latest = np.searchsorted(first[1], ends, "left") - 1
            starts = np.append(first[1], NEVER)[latest]
        else:
            positions, starts = first
            ends = np.append(then[1], -NEVER)[np.searchsorted(then[1], starts, "right")]
        near = np.flatnonzero(ends - starts <= widest)
        return positions[near], starts[near], ends[near]

    def _mark(
        self, truth: NDArray[np.bool], pairs: tuple[Positions, Keys, Keys], instant: Instant, days: int | None
    ) -> None:
        """Whose first began in the window, with the second before the instant."""
        positions, begun, done = pairs
        since = instant.start(days)
        inside = np.ones(len(positions), bool) if since is None else begun >= since
        if instant.moment < self._end:
            inside &= done < instant.moment
        truth[positions[inside]] = True


def _shown(term: SequenceTerm, starts: Keys, ends: Keys, forbidden: Keys | None) -> NDArray[np.bool]:
    shown = np.ones(len(starts), bool)
    if term.gap is not None:
        shown &= ends - starts <= term.gap
    if forbidden is not None:
        after = np.searchsorted(forbidden, starts, "left")
        shown &= np.append(forbidden, -NEVER)[after] > ends
    return shown


def _parts(term: SequenceTerm) -> list[Occurrence]:
    return [each for each in (term.first, term.then, term.without) if each]


def _widest(terms: Iterable[SequenceTerm]) -> int | None:
    gaps = [term.gap for term in terms]
    return None if None in gaps else max(each for each in gaps if each is not None)
