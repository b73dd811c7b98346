"""A definition over the past weeks: who would have been in, by what people had done until then.

Attributes, scores, lists and analysts' models are as they are today: their past isn't kept. So the trend tells
how behaviour carries a segment, not what an evaluation found back then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from activation.segments.audience import Bits
from activation.segments.bitsets.evaluator import THREADS, combine, distinct_terms, lent_bits
from activation.segments.bitsets.moments import Instant
from activation.segments.bitsets.people import People
from activation.segments.columns.part import Part
from activation.segments.columns.population import Population
from activation.segments.columns.rows import Rows
from activation.segments.grammar import SegmentBody
from activation.segments.sql_evaluator import look_up
from activation.segments.terms import MemberTerm, Term
from activation.segments.weeks.deeds import WeeklyDeeds
from kith.definitions import Definition

WEEKS = 12
NOTE = "past behaviour with today's attributes, scores, lists and consents"
Definitions = Mapping[str, Definition[SegmentBody]]


@dataclass(frozen=True)
class Week:
    """The instant, and who is in at it."""

    as_of: datetime
    bits: Bits


def weekly_audiences(
    population: Population,
    definitions: Definitions,
    name: str,
    read: Callable[[list[Term]], Mapping[str, Rows]],
    weeks: int = WEEKS,
) -> tuple[list[Week], frozenset[str]]:
    """The audience of a definition at the world's instant, last, and at the same hour of each week before it; and
    the events that it names and of which nobody has any. `read` answers the rows of the events that terms look at."""
    world, part = population.world, Part(population.size)
    instants = [world.as_of - timedelta(weeks=number) for number in range(weeks, -1, -1)]
    segments = [look_up(replace(world, as_of=each), definitions, [name]) for each in instants]
    asked = [distinct_terms(each.values()) for each in segments]
    every = list(dict.fromkeys(chain.from_iterable(asked)))
    rows = read(every)
    deeds = WeeklyDeeds(rows.__getitem__, part.size, tuple(Instant(each, world.zone) for each in instants))
    found = [dict[Term, Bits]() for _ in instants]
    with ThreadPoolExecutor(THREADS) as pool:
        told = pool.submit(lambda: dict(People(population, part).judge(every)))
        for week, term, bits in chain.from_iterable(pool.map(lambda task: list(task()), deeds.tasks(asked))):
            found[week][term] = bits
        people = told.result()
    named = {term.segment for term in every if isinstance(term, MemberTerm)} - segments[-1].keys()
    given = {each: lent_bits(population, each) for each in sorted(named)}
    audiences = [
        combine(own, {**people, **acted}, given, part.size)[name]
        for own, acted in zip(segments, found, strict=True)
    ]
    unseen = frozenset(event for event, each in rows.items() if not len(each.moments))
    return [Week(*each) for each in zip(instants, audiences, strict=True)], unseen
