"""What a definition would amount to before it is saved: its size, its reach, and the weeks behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import pyarrow as pa

from activation.segments.asked_definitions import AskedDefinitions
from activation.segments.audience import Bits, count_members
from activation.segments.bitsets.evaluator import behaviour_source, events_and_paths
from activation.segments.bitsets.people import People
from activation.segments.columns.part import Part
from activation.segments.columns.rows import Rows
from activation.segments.evaluation import KIND
from activation.segments.explain import published
from activation.segments.grammar import SegmentBody
from activation.segments.in_force import InForce, read_in_force
from activation.segments.store.kept_columns import KeptColumns, open_columns
from activation.segments.store.kept_population import KeptPopulation, kept_population
from activation.segments.terms import AttributeTerm, ConsentTerm, Term
from activation.segments.terms import Comparison as Compared
from activation.segments.trend import NOTE, weekly_audiences
from activation.segments.world import Relations, list_names, open_world
from kith.definitions import Definition, load_definition
from kith.settings import Settings

SAMPLE, OVERLAPS = 10, 10
SALT = "sample"
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


class Previews:
    """Previews in the current snapshot. Whoever keeps it keeps what one preview has read for the next ones; when
    another snapshot is published, or scores or lists came since, it is all read anew."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._lock = settings, Lock()
        self._held, self._opened = KeptColumns(None), ExitStack()
        self._population: KeptPopulation | None = None
        self._rows = dict[str, Rows]()

    def __enter__(self) -> Previews:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def of(self, path: Path) -> Preview:
        """Evaluate a file, and over the past weeks; the lake is left as it is."""
        definition = load_definition(path, SegmentBody, kind=KIND)
        with self._lock:
            return self._preview(definition)

    def _preview(self, definition: Definition[SegmentBody]) -> Preview:
        population, name = self._current(), definition.name
        definitions = AskedDefinitions(self._settings, definition)
        weeks, unseen = weekly_audiences(population, definitions, name, self._read)
        bits = weeks[-1].bits
        size = count_members(bits)
        return Preview(
            segment=name,
            as_of=population.world.as_of.isoformat(),
            size=size,
            share=size / population.size if population.size else 0.0,
            sample=tuple(population.first_by_chance(bits, SALT, SAMPLE).to_pylist()),
            reach=tuple(_reach(population, bits)),
            overlaps=tuple(_overlaps(read_in_force(self._settings, population), name, bits)),
            trend=tuple(Point(each.as_of.isoformat(), count_members(each.bits)) for each in weeks),
            trend_note=NOTE,
            unseen_events=tuple(sorted(unseen)),
        )

    def _current(self) -> KeptPopulation:
        snapshot = published(self._settings)
        columns = open_columns(self._settings, snapshot)
        if self._population is None or columns.name != self._held.name:
            self._opened.close()
            self._rows.clear()
            world = open_world(self._settings, snapshot, lists=_list_names(columns))
            world = self._opened.enter_context(world)
            self._held, self._population = columns, kept_population(world, columns)
        return self._population

    def _read(self, terms: list[Term]) -> Mapping[str, Rows]:
        """The rows of all events that terms look at."""
        population = self._current()
        events, wanted = events_and_paths(terms)
        if not all(event in self._rows for event in events) or not all(
            path in self._rows[event].texts for event, path in wanted
        ):
            source, part = behaviour_source(population, terms), Part(population.size)
            self._rows |= {event: source.rows(event, part) for event in sorted(events)}
        return {event: self._rows[event] for event in sorted(events)}


def preview(settings: Settings, path: Path) -> Preview:
    """One preview of a file."""
    with Previews(settings) as previews:
        return previews.of(path)


def _list_names(columns: KeptColumns) -> Callable[[Relations], tuple[str, ...]]:
    """Known without a warehouse once they were read."""

    def names(relations: Relations) -> tuple[str, ...]:
        kept = columns.texts(("list names",), lambda: pa.array(list_names(relations), pa.string()))
        return tuple(kept.to_pylist())

    return names


def _reach(population: KeptPopulation, bits: Bits) -> Iterator[Reach]:
    """By channel on which anybody consented: of the members who did, and who has an address."""
    kinds, part = population.world.catalogue.attributes, Part(population.size)
    for channel in population.consented_channels(PURPOSE):
        given, name = ConsentTerm(PURPOSE, channel, "granted"), ADDRESSES.get(channel, "")
        terms: list[Term] = [given]
        if name in kinds:
            terms.append(AttributeTerm(name, kinds[name], Compared("missing", (False,))))
        consented, *known = (each & bits for _, each in People(population, part).judge(terms))
        if count := count_members(consented):
            reachable = consented & known[0] if known else consented
            yield Reach(channel, count, count_members(reachable))


def _overlaps(in_force: InForce, name: str, bits: Bits) -> list[Overlap]:
    """Those that share most with an audience, without that of its own name."""
    rows = zip(in_force.names, in_force.sizes.tolist(), in_force.shared(bits).tolist(), strict=True)
    found = [Overlap(*each) for each in rows if each[2] and each[0] != name]
    return sorted(found, key=lambda each: (-each.shared, each.segment))[:OVERLAPS]
