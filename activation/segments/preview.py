"""What a definition would amount to before it is saved: its size, its reach, and the weeks behind it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock

from activation.segments.asked_definitions import AskedDefinitions
from activation.segments.audience import Bits, count_members
from activation.segments.bitsets.evaluator import behaviour_source, events_and_paths
from activation.segments.columns.part import Part
from activation.segments.columns.rows import Rows
from activation.segments.computation import KIND as ATTRIBUTES
from activation.segments.evaluation import KIND
from activation.segments.explain import published
from activation.segments.grammar import SegmentBody
from activation.segments.in_force import InForce, read_in_force
from activation.segments.reach import Reach, reach_of
from activation.segments.store.kept_columns import open_columns
from activation.segments.store.kept_population import KeptPopulation, kept_list_names, kept_population
from activation.segments.terms import Term
from activation.segments.trend import NOTE, weekly_audiences
from activation.segments.world import open_world
from kith.definitions import Definition, definition_files, load_definition
from kith.settings import Settings

SAMPLE, OVERLAPS = 10, 10


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
    another snapshot is published, scores or lists came, or a computed attribute was edited, it is all read anew."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._lock = settings, Lock()
        self._opened, self._told = ExitStack(), ()
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
        weeks, unseen = weekly_audiences(
            population, definitions, name, lambda terms: self._read(population, terms)
        )
        bits = weeks[-1].bits
        size = count_members(bits)
        return Preview(
            segment=name,
            as_of=population.world.as_of.isoformat(),
            size=size,
            share=size / population.size if population.size else 0.0,
            sample=tuple(population.some_of(bits, SAMPLE).to_pylist()),
            reach=tuple(reach_of(population, bits)),
            overlaps=tuple(_overlaps(read_in_force(self._settings, population), name, bits)),
            trend=tuple(Point(each.as_of.isoformat(), count_members(each.bits)) for each in weeks),
            trend_note=NOTE,
            unseen_events=tuple(sorted(unseen)),
        )

    def _current(self) -> KeptPopulation:
        snapshot = published(self._settings)
        columns = open_columns(self._settings, snapshot)
        attributes = [(each, each.stat()) for each in definition_files(self._settings, ATTRIBUTES)]
        told = (columns.name, tuple((each, at.st_mtime_ns, at.st_size) for each, at in attributes))
        if self._population is None or told != self._told:
            self._opened.close()
            self._rows.clear()
            world = open_world(self._settings, snapshot, lists=partial(kept_list_names, columns))
            world = self._opened.enter_context(world)
            self._told, self._population = told, kept_population(world, columns)
        return self._population

    def _read(self, population: KeptPopulation, terms: list[Term]) -> Mapping[str, Rows]:
        """The rows of all events that terms look at."""
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


def _overlaps(in_force: InForce, name: str, bits: Bits) -> list[Overlap]:
    """Those that share most with an audience, without that of its own name."""
    rows = zip(in_force.names, in_force.sizes.tolist(), in_force.shared(bits).tolist(), strict=True)
    found = [Overlap(*each) for each in rows if each[2] and each[0] != name]
    return sorted(found, key=lambda each: (-each.shared, each.segment))[:OVERLAPS]
