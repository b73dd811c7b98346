"""Terms about what people did, each a bit per profile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from activation.segments.audience import Bits
from activation.segments.bitsets.measures import judge_occurrence
from activation.segments.bitsets.moments import Instant
from activation.segments.bitsets.recent import judge_recent
from activation.segments.bitsets.sequences import Sequences
from activation.segments.columns.part import Part
from activation.segments.columns.rows import Rows
from activation.segments.columns.source import Source
from activation.segments.terms import BehaviourTerm, Occurrence, RecentTerm, SequenceTerm, Term

Told = Iterator[tuple[Term, Bits]]


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

    def judge(self, terms: Iterable[Term]) -> Told:
        """The bits of every term that is about behaviour; others are passed over."""
        occurrences: dict[Occurrence, list[BehaviourTerm]] = defaultdict(list)
        sequences: list[SequenceTerm] = []
        for term in terms:
            if isinstance(term, BehaviourTerm):
                occurrences[term.happening.occurrence].append(term)
            elif isinstance(term, SequenceTerm):
                sequences.append(term)
            elif isinstance(term, RecentTerm):
                yield term, judge_recent(self.rows, term, self.part.size, self.instant)
        for occurrence, group in occurrences.items():
            rows = self.rows(occurrence.event)
            yield from judge_occurrence(rows, occurrence, group, self.part.size, self.instant)
        yield from Sequences(self.rows, self.part.size, self.instant, tuple(sequences)).judge()
