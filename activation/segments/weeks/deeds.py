"""Terms about what people did, at instants that follow each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from activation.segments.audience import Bits
from activation.segments.bitsets.moments import Instant
from activation.segments.bitsets.recent import judge_recent
from activation.segments.bitsets.sequences import Sequences
from activation.segments.columns.rows import Rows
from activation.segments.terms import BehaviourTerm, Occurrence, RecentTerm, SequenceTerm, Term
from activation.segments.weeks.lanes import lanes_of
from activation.segments.weeks.measures import judge_lane

Told = Iterator[tuple[int, Term, Bits]]
Task = Callable[[], Iterable[tuple[int, Term, Bits]]]


@dataclass(frozen=True)
class WeeklyDeeds:
    """Judges terms over the rows of events. `instants` ascend; nothing at or after the last is looked at."""

    rows: Callable[[str], Rows]
    size: int
    instants: tuple[Instant, ...]

    def tasks(self, asked: Sequence[Iterable[Term]]) -> list[Task]:
        """What is to be done for the terms about behaviour, given by instant, in pieces that may run side by side;
        other terms are passed over."""
        terms = [list(each) for each in asked]
        sequences = dict.fromkeys(term for each in terms for term in each if isinstance(term, SequenceTerm))
        tasks: list[Task] = [partial(self._sequences, tuple(sequences), terms)] if sequences else []
        for week, each in enumerate(terms):
            tasks += [partial(self._recent, week, term) for term in each if isinstance(term, RecentTerm)]
        occurrences: dict[Occurrence, list[list[BehaviourTerm]]] = defaultdict(lambda: [[] for _ in terms])
        for week, each in enumerate(terms):
            for term in each:
                if isinstance(term, BehaviourTerm):
                    occurrences[term.happening.occurrence][week].append(term)
        return tasks + [partial(self._occurrence, each, group) for each, group in occurrences.items()]

    def _before_last(self, event: str) -> Rows:
        return self.rows(event).until(self.instants[-1].moment)

    def _sequences(self, sequences: tuple[SequenceTerm, ...], asked: list[list[Term]]) -> Told:
        judging = Sequences(self._before_last, self.size, self.instants, sequences)
        return (told for told in judging.judge() if told[1] in asked[told[0]])

    def _recent(self, week: int, term: RecentTerm) -> Told:
        """The last few of each instant are others, so each is judged by itself."""
        instant = self.instants[week]

        def rows(event: str) -> Rows:
            return self.rows(event).until(instant.moment)

        yield week, term, judge_recent(rows, term, self.size, instant)

    def _occurrence(self, occurrence: Occurrence, asked: list[list[BehaviourTerm]]) -> Told:
        for lane in lanes_of(self.rows(occurrence.event), occurrence, asked, self.size, self.instants):
            yield from judge_lane(lane)
