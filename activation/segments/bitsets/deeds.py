"""Terms about what people did, each a bit per profile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from activation.segments.audience import Bits
from activation.segments.bitsets.measures import judge_occurrence
from activation.segments.bitsets.moments import Instant
from activation.segments.bitsets.recent import judge_recent
from activation.segments.bitsets.sequences import Sequences
from activation.segments.columns.part import Part
from activation.segments.columns.rows import Rows
from activation.segments.columns.source import Source
from activation.segments.terms import BehaviourTerm, Occurrence, RecentTerm, SequenceTerm, Term, events_of

Told = Iterator[tuple[Term, Bits]]
Task = Callable[[], Iterable[tuple[Term, Bits]]]


@dataclass
class Deeds:
    """Judges terms about what a part of a population did before an instant. Rows of an event are kept once read."""

    source: Source
    part: Part
    instant: Instant
    _rows: dict[str, Rows] = field(default_factory=dict)

    def rows(self, event: str) -> Rows:
        """The rows of an event before the instant."""
        if event not in self._rows:
            rows = self.source.rows(event, self.part)
            self._rows[event] = rows.until(self.instant.moment)
        return self._rows[event]

    def tasks(self, terms: Iterable[Term]) -> list[Task]:
        """What is to be done for the terms about behaviour, in pieces that may run side by side; others are passed
        over."""
        asked = list(terms)
        for event in sorted({event for term in asked for event in events_of(term)}):
            self.rows(event)
        sequences = tuple(term for term in asked if isinstance(term, SequenceTerm))
        occurrences: dict[Occurrence, list[BehaviourTerm]] = defaultdict(list)
        for term in asked:
            if isinstance(term, BehaviourTerm):
                occurrences[term.happening.occurrence].append(term)
        tasks: list[Task] = [partial(self._sequences, sequences)]
        tasks += [partial(self._recent, term) for term in asked if isinstance(term, RecentTerm)]
        return tasks + [partial(self._occurrence, each, group) for each, group in occurrences.items()]

    def _sequences(self, terms: tuple[SequenceTerm, ...]) -> Told:
        judging = Sequences(self.rows, self.part.size, (self.instant,), terms)
        return ((term, bits) for _, term, bits in judging.judge())

    def _recent(self, term: RecentTerm) -> Told:
        yield term, judge_recent(self.rows, term, self.part.size, self.instant)

    def _occurrence(self, occurrence: Occurrence, terms: list[BehaviourTerm]) -> Told:
        rows = self.rows(occurrence.event)
        yield from judge_occurrence(rows, occurrence, terms, self.part.size, self.instant)
