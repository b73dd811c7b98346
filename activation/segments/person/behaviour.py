"""What one profile did, against every term about behaviour."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence

from activation.segments.compiler import Moment
from activation.segments.person.chains import Chain, Sequences, answered
from activation.segments.person.deeds import EventFilters, EventRows, Readings, Rows
from activation.segments.person.facts import Row
from activation.segments.person.measures import Measures
from activation.segments.terms import (
    Acted,
    BehaviourTerm,
    Occurrence,
    RecentTerm,
    SequenceTerm,
    occurrences_of,
)


class Behaviour:
    """Terms with their bits. Rows are cut once an occurrence; whose occurrence has no rows isn't looked at."""

    def __init__(self, terms: Mapping[Acted, int], moment: Moment) -> None:
        distinct = dict.fromkeys(each for term in terms for each in occurrences_of(term))
        numbers = {occurrence: number for number, occurrence in enumerate(distinct)}
        by_event: dict[str, list[tuple[int, Occurrence]]] = defaultdict(list)
        for occurrence, number in numbers.items():
            by_event[occurrence.event].append((number, occurrence))
        self._filters = {event: EventFilters(wanted) for event, wanted in by_event.items()}
        self._readings = Readings(moment.zone)
        measured: dict[int, dict[BehaviourTerm, int]] = defaultdict(dict)
        sequences: dict[SequenceTerm, int] = {}
        self._recent: list[Chain] = []
        for term, bit in terms.items():
            if isinstance(term, BehaviourTerm):
                measured[numbers[term.happening.occurrence]][term] = bit
            elif isinstance(term, RecentTerm):
                self._recent.append(answered(term, bit, moment, numbers))
            else:
                sequences[term] = bit
        self._sequences = Sequences(sequences, moment, numbers)
        self._measures = {number: Measures(given, moment) for number, given in measured.items()}
        self._of_nothing = sum(each.of_nothing for each in self._measures.values())

    def truth(self, rows: Mapping[str, Sequence[Row]], now: int) -> int:
        """The bits of the terms that hold of the rows before a moment."""
        cut = self._cut(rows, now)
        looked_at, found = 0, self._sequences.of(cut)
        for number, mine in cut.items():
            measures = self._measures.get(number)
            if measures is not None:
                looked_at |= measures.bits
                found |= measures.of(mine)
        for chain in self._recent:
            found |= chain(cut)
        return self._of_nothing & ~looked_at | found

    def _cut(self, rows: Mapping[str, Sequence[Row]], now: int) -> dict[int, Rows]:
        cut: dict[int, Rows] = {}
        for event, given in rows.items():
            filters = self._filters.get(event)
            if filters is None or not given:
                continue
            moments = [each.moment for each in given]
            if moments[-1] >= now:
                count = bisect_left(moments, now)
                given, moments = given[:count], moments[:count]
            if moments:
                cut.update(filters.cut(EventRows(given, moments, self._readings)))
        return cut
