"""A definition over the past weeks: who would have been in, by what people had done until then.

Attributes, scores, lists and analysts' models are as they are today: their past isn't kept. So the trend tells
how behaviour carries a segment, not what an evaluation found back then.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain

from activation.segments.audience import Bits
from activation.segments.bitsets.deeds import Deeds
from activation.segments.bitsets.evaluator import (
    THREADS,
    behaviour_source,
    combine,
    distinct_terms,
    lent_bits,
)
from activation.segments.bitsets.moments import Instant
from activation.segments.bitsets.people import People
from activation.segments.columns.part import Part
from activation.segments.columns.population import Population
from activation.segments.columns.rows import Rows
from activation.segments.columns.source import Source
from activation.segments.grammar import SegmentBody
from activation.segments.sql_evaluator import read_segments
from activation.segments.terms import MemberTerm, Segment, Term
from activation.segments.world import World
from kith.definitions import Definition

WEEKS = 12
NOTE = "past behaviour with today's attributes, scores, lists and consents"


@dataclass(frozen=True)
class Week:
    """The instant, and who is in at it."""

    as_of: datetime
    bits: Bits


@dataclass
class _Read:
    """A source whose rows are read once, whatever the instant."""

    source: Source
    known: dict[str, Rows] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.source.world

    def rows(self, event: str, part: Part) -> Rows:
        if event not in self.known:
            self.known[event] = self.source.rows(event, part)
        return self.known[event]


def weekly_audiences(
    population: Population, definitions: Mapping[str, Definition[SegmentBody]], name: str, weeks: int = WEEKS
) -> tuple[list[Week], frozenset[str]]:
    """The audience of a definition at the world's instant, last, and at the same hour of each week before it; and
    the events that it names and of which nobody has any.

    `definitions` are that one and all that it asks for.
    """
    world, part = population.world, Part(population.size)
    instants = [world.as_of - timedelta(weeks=number) for number in range(weeks, -1, -1)]
    read = {each: read_segments(replace(world, as_of=each), definitions, [name]) for each in instants}
    terms = {each: distinct_terms(segments.values()) for each, segments in read.items()}
    everything = list(dict.fromkeys(chain.from_iterable(terms.values())))
    source = _Read(behaviour_source(population, everything))
    people = dict(People(population, part).judge(everything))
    asked = {term.segment for term in everything if isinstance(term, MemberTerm)} - definitions.keys()
    given = {each: lent_bits(population, each) for each in sorted(asked)}

    def audience(segments: Mapping[str, Segment], deeds: Mapping[Term, Bits]) -> Bits:
        return combine(segments, {**people, **deeds}, given, part.size)[name]

    def judged(instant: datetime) -> dict[Term, Bits]:
        tasks = Deeds(source, part, Instant(instant, world.zone)).tasks(terms[instant])
        return dict(chain.from_iterable(task() for task in tasks))

    now = judged(world.as_of)
    with ThreadPoolExecutor(THREADS) as pool:
        before = list(pool.map(judged, instants[:-1]))
    found = zip(instants, [*before, now], strict=True)
    unseen = frozenset(event for event, rows in source.known.items() if not len(rows.moments))
    return [Week(instant, audience(read[instant], deeds)) for instant, deeds in found], unseen
