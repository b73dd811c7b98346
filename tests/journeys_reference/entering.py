"""What would bring a person into a journey: every trigger in the log, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import singledispatch

from activation.journeys.graph import (
    Entry,
    EventEntry,
    Graph,
    LaunchEntry,
    ListEntry,
    ScheduleEntry,
    SegmentEntry,
)
from tests.journeys_reference import wall_clock
from tests.journeys_reference.questions import is_member, matches, text_of
from tests.journeys_reference.world import FOREVER, Person, World

Trigger = tuple[int, str, bool]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def triggers(graph: Graph, person: Person, world: World) -> set[Trigger]:
    """(instant, key, is late) of each trigger in the world's span and in [enter_from, enter_until); of several at
    one instant the one that was not late counts."""
    first, last = max(graph.enter_from, world.start), min(graph.enter_until, world.end)
    found: dict[tuple[int, str], bool] = {}
    for at, key, is_late in _all(graph.entry, person, world):
        if first <= at < last:
            found[at, key] = found.get((at, key), True) and is_late
    return {(at, key, is_late) for (at, key), is_late in found.items()}


@singledispatch
def _all(entry: Entry, person: Person, world: World) -> Iterator[Trigger]:
    raise TypeError(f"no entry of the kind {type(entry).__name__}")


@_all.register
def _(entry: SegmentEntry, person: Person, world: World) -> Iterator[Trigger]:
    for each in person.segments.get(entry.segment, ()):
        at = each.since if entry.change == "entered" else each.until
        if at < FOREVER:
            yield at, "", False


@_all.register
def _(entry: EventEntry, person: Person, world: World) -> Iterator[Trigger]:
    for event in person.events:
        if matches(event, entry.match, None):
            key = text_of(event.properties.get(entry.key)) if entry.key else ""
            yield event.effective_at, key or "", event.is_late


@_all.register
def _(entry: ListEntry, person: Person, world: World) -> Iterator[Trigger]:
    yield from (
        (event.effective_at, "", event.is_late) for event in person.events if event.name == entry.event
    )


@_all.register
def _(entry: ScheduleEntry, person: Person, world: World) -> Iterator[Trigger]:
    for at in occasions(entry, world.start, world.end):
        if is_member(person, entry.segment, at):
            yield at, "", False


@_all.register
def _(entry: LaunchEntry, person: Person, world: World) -> Iterator[Trigger]:
    found = [
        at
        for segment, at in world.evaluations
        if segment == entry.segment
        and max(entry.enter_from, world.start) <= at < entry.enter_until
        and any(is_member(each, segment, at) for each in world.people)
    ]
    if found and is_member(person, entry.segment, min(found)):
        yield min(found), "", False


def occasions(entry: ScheduleEntry, start: int, end: int) -> Iterator[int]:
    """The instants of a schedule in [start, end) and its own window."""
    kind, *rest = entry.rule.split()
    hour, minute = rest[-1].split(":")
    clock = timedelta(hours=int(hour), minutes=int(minute))
    day = wall_clock.midnight(wall_clock.local(start, entry.zone).date()) - timedelta(days=1)
    while (at := wall_clock.instants(day + clock, entry.zone)[0]) < end:
        if start <= at and entry.enter_from <= at < entry.enter_until and _is_named(kind, rest[0], day):
            yield at
        day += timedelta(days=1)


def _is_named(kind: str, which: str, day: wall_clock.datetime) -> bool:
    if kind == "weekly":
        return _DAYS[day.weekday()] in which.split(",")
    if kind == "monthly":
        is_last = (day + timedelta(days=1)).month != day.month
        return day.day == int(which) or (is_last and day.day < int(which))
    return True
