"""The evaluator for one machine: every distinct term once, as a bit per profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from activation.segments.audience import Audiences, Bits, pack
from activation.segments.bitsets.combining import Combining
from activation.segments.bitsets.deeds import Deeds, Task
from activation.segments.bitsets.moments import Instant
from activation.segments.bitsets.people import People
from activation.segments.columns.part import Part
from activation.segments.columns.population import Population, read_population
from activation.segments.columns.source import SnapshotSource, Source
from activation.segments.ordering import levels
from activation.segments.store.behaviour_store import open_store
from activation.segments.terms import (
    Acted,
    MemberTerm,
    Segment,
    Term,
    events_of,
    paths_of,
    terms_of,
)
from activation.segments.world import World

#: NumPy lets go of the interpreter in most of what takes long.
THREADS = 2


def evaluate_bits(
    world: World, segments: Mapping[str, Segment], only: NDArray[np.int64] | None = None
) -> Audiences:
    """Evaluate segments as bitsets.

    All profiles of the world are judged, or those whose positions among them (sorted by id) `only` names, in
    ascending order: then the audiences are of this sub-population, and equal those of everybody bit for bit
    (a percentile is one of everybody's scores).
    """
    population = read_population(world)
    terms = distinct_terms(segments.values())
    part = Part(population.size, only)
    truths = _judge(population, part, terms)
    named = {each.segment for each in terms if isinstance(each, MemberTerm)} - segments.keys()
    given = {name: part.take(lent_bits(population, name)) for name in sorted(named)}
    ids = population.ids if only is None else population.ids.take(only)
    return Audiences(ids, combine(segments, truths, given, part.size))


def lent_bits(population: Population, name: str) -> Bits:
    """A segment that isn't evaluated: lent to the world, or an analyst's own."""
    lent = population.world.lent.get(name)
    return pack(population.analyst_members(name)) if lent is None else lent


def distinct_terms(segments: Iterable[Segment]) -> list[Term]:
    """The terms of segments, each once, in the order of the text."""
    return list(dict.fromkeys(term for each in segments for term in terms_of(each.tree)))


def behaviour_source(population: Population, terms: Sequence[Term]) -> Source:
    """Where the rows that terms look at are read from."""
    events, wanted = events_and_paths(terms)
    stored = open_store(population, events, wanted) if events else None
    return stored or SnapshotSource(population, wanted)


def combine(
    segments: Mapping[str, Segment], truths: Mapping[Term, Bits], given: Mapping[str, Bits], size: int
) -> dict[str, Bits]:
    """The bits of segments out of those of their terms and of other segments, those asked for first."""
    bits = dict(given)
    combining = Combining(truths, bits, size)
    for level in levels(segments, {}):
        for each in level:
            bits[each.name] = combining.bits_of(each.tree)
    return {name: bits[name] for name in segments}


def events_and_paths(terms: Sequence[Term]) -> tuple[set[str], set[tuple[str, tuple[str, ...]]]]:
    """The events that terms look at, and the properties to be read, by event."""
    events = {event for term in terms for event in events_of(term)}
    return events, {path for term in terms for path in paths_of(term)}


def _judge(population: Population, part: Part, terms: Sequence[Term]) -> dict[Term, Bits]:
    """Behaviour block by block of profiles, as everything about it is a matter of one profile; beside the first
    block, on one thread of its own (whose queries no other has), what people are."""
    source = behaviour_source(population, terms)
    instant = Instant(population.world.as_of, population.world.zone)
    acted = [term for term in terms if isinstance(term, Acted)]
    people: list[Task] = [partial(People(population, part).judge, terms)]
    found: dict[Term, Bits] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for place, block in part.blocks():
            tasks, beside = Deeds(source, block, instant).tasks(acted), people
            people = []
            for term, bits in chain.from_iterable(pool.map(_done, [*beside, *tasks])):
                if len(bits) == -(-part.size // 8):
                    found[term] = bits
                else:
                    found.setdefault(term, np.zeros(-(-part.size // 8), np.uint8))[place] = bits
    return found


def _done(task: Task) -> list[tuple[Term, Bits]]:
    return list(task())
