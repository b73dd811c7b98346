"""Terms about who people are, each a bit per profile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from activation.segments.audience import Bits, pack
from activation.segments.columns.column import Column
from activation.segments.columns.comparing import Truth, compare_column
from activation.segments.columns.part import Part
from activation.segments.columns.population import Population
from activation.segments.percentiles import SIDES, threshold_among
from activation.segments.terms import (
    AttributeTerm,
    Comparison,
    ConsentTerm,
    Kind,
    ListTerm,
    ScoreTerm,
    ShareTerm,
    Term,
)

Told = Iterator[tuple[Term, Bits]]


@dataclass(frozen=True)
class People:
    """Judges terms about a part of a population. A column is read once, judged for all its terms, and let go."""

    population: Population
    part: Part

    def judge(self, terms: Iterable[Term]) -> Told:
        """The bits of every term that is about people themselves; others are passed over."""
        columns: dict[tuple[object, ...], list[Term]] = defaultdict(list)
        for term in terms:
            if (subject := _subject(term)) is not None:
                columns[subject].append(term)
        for group in columns.values():
            yield from self._judge_column(group)

    def _judge_column(self, terms: list[Term]) -> Told:
        match terms[0]:
            case AttributeTerm(attribute=name, kind=kind):
                column = self.population.attribute(name, kind).only(self.part.positions)
                for term in terms:
                    if isinstance(term, AttributeTerm):
                        yield term, pack(compare_column(column, term.comparison, kind))
            case ScoreTerm():
                yield from self._scores(terms)
            case ConsentTerm():
                yield from self._consents([term for term in terms if isinstance(term, ConsentTerm)])
            case ListTerm():
                asked = {term.name: term for term in terms if isinstance(term, ListTerm)}
                for name, truth in self.population.lists(sorted(asked)):
                    yield asked[name], self.part.take(pack(truth))
            case ShareTerm():
                yield from self._shares(terms)

    def _consents(self, terms: list[ConsentTerm]) -> Told:
        said = self.population.consent(terms[0].purpose, terms[0].channel).only(self.part.positions)
        for term in terms:
            yield term, pack(_consented(said, term.state))

    def _scores(self, terms: list[Term]) -> Told:
        """Percentiles are of everybody's scores, sorted once."""
        asked = [term for term in terms if isinstance(term, ScoreTerm)]
        everybody = self.population.scores(asked[0].model)
        scores, in_order = everybody.only(self.part.positions), None
        for term in asked:
            comparison = term.comparison
            if comparison is not None and comparison.operator in SIDES:
                in_order = np.sort(everybody.values[everybody.known]) if in_order is None else in_order
                threshold = threshold_among(in_order, comparison)
                if threshold is None:
                    yield term, pack(np.zeros(self.part.size, bool))
                    continue
                comparison = Comparison(SIDES[comparison.operator][1], (threshold,))
            told = scores.known if comparison is None else compare_column(scores, comparison, Kind.REAL)
            yield term, pack(told)

    def _shares(self, terms: list[Term]) -> Told:
        asked = [term for term in terms if isinstance(term, ShareTerm)]
        buckets = self.population.buckets(asked[0].salt)
        buckets = buckets if self.part.positions is None else buckets[self.part.positions]
        for term in asked:
            yield term, pack((buckets >= term.start) & (buckets < term.end))


def _subject(term: Term) -> tuple[object, ...] | None:
    """What has to be read for a term; None if it isn't about people themselves."""
    match term:
        case AttributeTerm(attribute=name):
            return (AttributeTerm, name)
        case ListTerm():
            return (ListTerm,)
        case ScoreTerm(model=model):
            return (ScoreTerm, model)
        case ConsentTerm(purpose=purpose, channel=channel):
            return (ConsentTerm, purpose, channel)
        case ShareTerm(salt=salt):
            return (ShareTerm, salt)
    return None


def _consented(said: Column, state: str) -> Truth:
    if state == "unknown":
        return ~said.known
    return said.known & (said.values == int(state == "granted"))
