"""What a definition would amount to before it is saved: its size, its reach, and who would move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from activation.segments.audience import Audiences, Bits, count_members
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.bitsets.people import People
from activation.segments.columns.part import Part
from activation.segments.columns.population import Population, read_population
from activation.segments.comparisons import bucket_value
from activation.segments.evaluation import KIND, load_segments
from activation.segments.explain import published
from activation.segments.grammar import SegmentBody
from activation.segments.membership.past import Past
from activation.segments.membership.population import Population as Present
from activation.segments.membership.reading import present_state, read_members
from activation.segments.ordering import closure
from activation.segments.sql_evaluator import read_segments
from activation.segments.terms import AttributeTerm, ConsentTerm
from activation.segments.terms import Comparison as Compared
from activation.segments.trend import NOTE, weekly_audiences
from activation.segments.world import World, open_world
from kith.definitions import Definition, load_definition
from kith.settings import Settings

SAMPLE, OVERLAPS = 10, 10
PURPOSE = "marketing"
ADDRESSES = {"email": "email", "sms": "phone"}


@dataclass(frozen=True)
class Reach:
    """Of the members, how many gave consent on a channel, and how many of those have an address for it."""

    channel: str
    consented_count: int
    reachable_count: int


@dataclass(frozen=True)
class Overlap:
    """How many members a segment in force shares with the audience, and how many it has."""

    segment: str
    size: int
    shared: int


@dataclass(frozen=True)
class Point:
    """How many would have been in at an instant."""

    as_of: str
    size: int


@dataclass(frozen=True)
class Preview:
    """The audience of a definition in the current snapshot.

    `overlaps` are the segments in force that share most with it. `trend` has a point per week, the present last;
    `trend_note` says what of the past it knows.
    """

    segment: str
    as_of: str
    size: int
    share: float
    sample: tuple[str, ...]
    reach: tuple[Reach, ...]
    overlaps: tuple[Overlap, ...]
    trend: tuple[Point, ...]
    trend_note: str
    unseen_events: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """Who would enter and who would leave, against the membership of the last evaluation."""

    segment: str
    as_of: str
    before: int
    after: int
    entering: tuple[str, ...]
    leaving: tuple[str, ...]


def preview(settings: Settings, path: Path) -> Preview:
    """Evaluate a file in the current snapshot, and over the past weeks; the lake is left as it is."""
    definition = load_definition(path, SegmentBody, kind=KIND)
    definitions = {**load_segments(settings), definition.name: definition}
    with open_world(settings, published(settings)) as world:
        return preview_in(settings, read_population(world), definitions, definition.name)


def preview_in(
    settings: Settings,
    population: Population,
    definitions: Mapping[str, Definition[SegmentBody]],
    name: str,
) -> Preview:
    """The same in a world that is open already."""
    world = population.world
    needed = closure(read_segments(world, definitions, [name]), [name])
    weeks, unseen = weekly_audiences(population, {each: definitions[each] for each in needed}, name)
    audiences = Audiences(population.ids, {name: weeks[-1].bits})
    size = audiences.size(name)
    return Preview(
        segment=name,
        as_of=world.as_of.isoformat(),
        size=size,
        share=size / population.size if population.size else 0.0,
        sample=tuple(_sample(world, audiences.members(name))),
        reach=tuple(_reach(population, weeks[-1].bits)),
        overlaps=tuple(_overlaps(settings, population, name, weeks[-1].bits)),
        trend=tuple(Point(each.as_of.isoformat(), count_members(each.bits)) for each in weeks),
        trend_note=NOTE,
        unseen_events=tuple(sorted(unseen)),
    )


def compare(settings: Settings, path: Path) -> Comparison:
    """Who would enter and leave if a file became the definition."""
    with _evaluated(settings, path) as (world, name, audiences):
        after = set(audiences.members(name).to_pylist())
        before = _present_members(settings, world, name)
        return Comparison(
            segment=name,
            as_of=world.as_of.isoformat(),
            before=len(before),
            after=len(after),
            entering=tuple(sorted(after - before)),
            leaving=tuple(sorted(before - after)),
        )


@contextmanager
def _evaluated(settings: Settings, path: Path) -> Iterator[tuple[World, str, Audiences]]:
    """The file takes the place of the definition of its name; only what it needs is evaluated."""
    definition = load_definition(path, SegmentBody, kind=KIND)
    definitions = {**load_segments(settings), definition.name: definition}
    with open_world(settings, published(settings)) as world:
        segments = read_segments(world, definitions, [definition.name])
        needed = closure(segments, [definition.name])
        yield world, definition.name, evaluate_bits(world, needed)


def _sample(world: World, members: pa.Array) -> list[str]:
    """A few members, the same few each time, by a hash of their ids."""
    world.warehouse.connection.register("previewed", pa.table({"profile_id": members}))
    sql = f"""
        SELECT profile_id FROM previewed AS profiles ORDER BY {bucket_value("sample")}, profile_id LIMIT {SAMPLE:d}
    """
    return [row["profile_id"] for row in world.warehouse.rows(sql)]


def _reach(population: Population, bits: Bits) -> list[Reach]:
    """By channel on which anybody consented: of the members who did, and who has an address."""
    sql = "SELECT DISTINCT channel FROM consents_at WHERE purpose = ? AND is_granted ORDER BY channel"
    channels = [row["channel"] for row in population.world.warehouse.rows(sql, [PURPOSE])]
    kinds = population.world.catalogue.attributes
    given = {each: ConsentTerm(PURPOSE, each, "granted") for each in channels}
    known = {
        each: AttributeTerm(ADDRESSES[each], kinds[ADDRESSES[each]], Compared("missing", (False,)))
        for each in channels
        if ADDRESSES.get(each) in kinds
    }
    told = dict(People(population, Part(population.size)).judge([*given.values(), *known.values()]))
    consented = {each: bits & told[given[each]] for each in channels}
    reachable = {
        each: consented[each] & told[known[each]] if each in known else consented[each] for each in channels
    }
    counts = ((each, count_members(consented[each]), count_members(reachable[each])) for each in channels)
    return [Reach(*each) for each in counts if each[1]]


def _overlaps(settings: Settings, population: Population, name: str, bits: Bits) -> list[Overlap]:
    """With the segments in force, as they were last evaluated."""
    aliases = population.world.warehouse.arrow("SELECT alias_id, profile_id FROM aliases")
    past = Past(present_state(settings), Present(population.ids, aliases))
    others = sorted(past.state.standings.keys() - {name})
    past.load(others)
    found = [
        Overlap(each, count_members(past.bits(each)), count_members(past.bits(each) & bits))
        for each in others
    ]
    return sorted((each for each in found if each.shared), key=lambda each: (-each.shared, each.segment))[
        :OVERLAPS
    ]


def _present_members(settings: Settings, world: World, name: str) -> set[str]:
    stored = read_members(present_state(settings), name)
    world.warehouse.connection.register("stored", stored)
    rows = world.warehouse.rows(
        """
        SELECT DISTINCT COALESCE(aliases.profile_id, stored.profile_id) AS profile_id
        FROM stored LEFT JOIN aliases ON stored.profile_id = aliases.alias_id
        """
    )
    return {row["profile_id"] for row in rows}
