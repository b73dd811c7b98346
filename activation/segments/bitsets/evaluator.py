"""The evaluator for one machine: every distinct term once, as a bit per profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from activation.segments.audience import Audiences, Bits, pack, unpack
from activation.segments.bitsets.comparing import compare_column
from activation.segments.bitsets.measures import Measuring
from activation.segments.bitsets.population import Population, Truth, read_population
from activation.segments.bitsets.recent import count_recent
from activation.segments.bitsets.rows import read_behaviour
from activation.segments.bitsets.sequences import show_sequence
from activation.segments.ordering import levels
from activation.segments.percentiles import SIDES, Thresholds, find_thresholds
from activation.segments.sql_evaluator import analyst_audiences
from activation.segments.terms import (
    Acted,
    AttributeTerm,
    BehaviourTerm,
    Comparison,
    ConsentTerm,
    Group,
    Kind,
    ListTerm,
    MemberTerm,
    RecentTerm,
    Scored,
    ScoreTerm,
    Segment,
    SequenceTerm,
    ShareTerm,
    Term,
    Tree,
    days_of,
    events_of,
    paths_of,
    terms_of,
)
from activation.segments.windows import window_start
from activation.segments.world import World


def evaluate_bits(
    world: World, segments: Mapping[str, Segment], only: NDArray[np.int64] | None = None
) -> Audiences:
    """Evaluate segments as bitsets.

    All profiles of the world are judged, or those whose positions among them (sorted by id) `only` names, in
    ascending order: then the audiences are of this sub-population, and equal those of everybody bit for bit
    (a percentile is one of everybody's scores).
    """
    found = _evaluate(world, segments)
    return found if only is None else _part(found, only)


def _part(audiences: Audiences, only: NDArray[np.int64]) -> Audiences:
    size = len(audiences.profile_ids)
    bits = {name: pack(unpack(each, size)[only]) for name, each in audiences.bits.items()}
    return Audiences(audiences.profile_ids.take(pa.array(only)), bits)


def _evaluate(world: World, segments: Mapping[str, Segment]) -> Audiences:
    terms = list(dict.fromkeys(term for each in segments.values() for term in terms_of(each.tree)))
    population = read_population(world)
    judged = _Judged(world, population, terms)
    bits: dict[str, Bits] = dict(analyst_audiences(world, population.ids)) if _asks_for_members(terms) else {}
    truths: dict[Term, Bits] = {
        term: pack(judged.truth(term)) for term in terms if not isinstance(term, MemberTerm)
    }
    combining = _Combining(truths, bits, population.size)
    for level in levels(segments, {}):
        for each in level:
            bits[each.name] = combining.bits_of(each.tree)
    return Audiences(population.ids, {name: bits[name] for name in segments})


class _Judged:
    """The truth of each term by profile."""

    def __init__(self, world: World, population: Population, terms: list[Term]) -> None:
        self._population = population
        self._thresholds: Thresholds = find_thresholds(world.warehouse, terms)
        events, paths = events_and_paths(terms)
        behaviour = read_behaviour(world, paths, events, _since(world, terms))
        self._measuring = Measuring(behaviour, population.size, world.as_of, world.zone)

    def truth(self, term: Term) -> Truth:
        match term:
            case AttributeTerm(attribute=name, kind=kind, comparison=comparison):
                return compare_column(self._population.attribute(name, kind), comparison, kind)
            case BehaviourTerm():
                return self._measuring.truth(term)
            case SequenceTerm():
                return show_sequence(self._measuring, term)
            case RecentTerm():
                return count_recent(self._measuring, term)
            case ScoreTerm():
                return self._score(term)
            case ConsentTerm(purpose=purpose, channel=channel, state=state):
                said = self._population.consent(purpose, channel)
                if state == "unknown":
                    return ~said.known
                return said.known & (said.values == int(state == "granted"))
            case ListTerm(name=name):
                return self._population.listed(name)
            case ShareTerm(salt=salt, start=start, end=end):
                buckets = self._population.buckets(salt)
                return (buckets >= start) & (buckets < end)
        raise AssertionError(term)

    def _score(self, term: ScoreTerm) -> Truth:
        scores, comparison = self._population.scores(term.model), term.comparison
        if comparison is None:
            return scores.known
        if comparison.operator in SIDES:
            threshold = self._thresholds[term.model, comparison]
            if threshold is None:
                return np.zeros(self._population.size, bool)
            comparison = Comparison(SIDES[comparison.operator][1], (threshold,))
        return compare_column(scores, comparison, Kind.REAL)


class _Combining:
    """Trees as operations on packed bits; what lies beyond the last profile stays clear."""

    def __init__(self, truths: Mapping[Term, Bits], segments: Mapping[str, Bits], size: int) -> None:
        self._truths, self._segments = truths, segments
        self._all = pack(np.ones(size, bool))

    def bits_of(self, tree: Tree) -> Bits:
        match tree:
            case Group(word=word, children=children):
                return self._group(word, [self.bits_of(each) for each in children])
            case Scored(known=known, term=term, fallback=fallback):
                has = self._truths[known]
                return has & self._truths[term] | (self._all & ~has) & self.bits_of(fallback)
            case MemberTerm(segment=segment):
                return self._segments[segment]
            case _:
                return self._truths[tree]

    def _group(self, word: str, bits: list[Bits]) -> Bits:
        operation = np.bitwise_and if word == "all" else np.bitwise_or
        combined = operation.reduce(bits)
        return self._all & ~combined if word == "none" else combined


def _asks_for_members(terms: Iterable[Term]) -> bool:
    return any(isinstance(term, MemberTerm) for term in terms)


def events_and_paths(terms: Sequence[Term]) -> tuple[set[str], set[tuple[str, tuple[str, ...]]]]:
    """The events that terms look at, and the properties to be read, by event."""
    events = {event for term in terms for event in events_of(term)}
    return events, {path for term in terms for path in paths_of(term)}


def _since(world: World, terms: Iterable[Term]) -> datetime | None:
    """Rows older than every window need not be read."""
    days = [days_of(term) for term in terms if isinstance(term, Acted)]
    if None in days or not days:
        return None
    return window_start(world.as_of, max(each for each in days if each is not None), world.zone)
