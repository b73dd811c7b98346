"""Local times by zoneinfo alone: the oracle of the engine's table of offsets.

A wall time in a gap is read with the offset before it; one that occurs twice is its first occurrence after `at`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tests.journeys_reference.world import DAY, SECOND

EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)


def local(at: int, zone: str) -> datetime:
    """The wall clock, without its zone."""
    return (
        (EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=at))
        .astimezone(ZoneInfo(zone))
        .replace(tzinfo=None)
    )


@cache
def instants(wall: datetime, zone: str) -> list[int]:
    """The instants at which the clock shows `wall`, in order; of a gap the reading with the offset before it."""
    found = {_instant(wall, zone, fold) for fold in (0, 1)}
    shown = sorted(each for each in found if local(each, zone) == wall)
    return shown or [_instant(wall, zone, 0)]


def _instant(wall: datetime, zone: str, fold: int) -> int:
    offset = wall.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset()
    assert offset is not None
    return (wall - offset - EPOCH) // MICROSECOND


def local_day(at: int, zone: str) -> int:
    """Days since 1970 of the local date."""
    return (local(at, zone) - EPOCH).days


def time_of_day(at: int, zone: str) -> int:
    return (local(at, zone) - EPOCH) % timedelta(days=1) // MICROSECOND


def until_local(at: int, zone: str, clock: int, weekdays: int = 0b1111111) -> int:
    """The first instant strictly after `at` that shows `clock` on one of the weekdays (bit 0 is Monday)."""
    return min(each for each in _shows(at, zone, clock, weekdays) if each > at)


def _shows(at: int, zone: str, clock: int, weekdays: int) -> Iterator[int]:
    today = local(at, zone).date()
    for ahead in range(-2, 16):
        day = today + timedelta(days=ahead)
        if weekdays >> day.weekday() & 1:
            yield from instants(midnight(day) + timedelta(microseconds=clock), zone)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def window(at: int, zone: str, opens: int, closes: int, weekdays: int) -> int:
    """The first instant from `at` on that lies in the window: `at`, an opening, or a jump of the clock into it."""
    starts = [at, *_shows(at, zone, opens, 0b1111111), *jumps(at // DAY - 2, at // DAY + 16, zone)]
    return min(each for each in starts if each >= at and is_open(each, zone, opens, closes, weekdays))


def is_open(at: int, zone: str, opens: int, closes: int, weekdays: int) -> bool:
    return lies_in(local(at, zone), opens, closes, weekdays)


def lies_in(wall: datetime, opens: int, closes: int, weekdays: int) -> bool:
    """Whether the clock shows a time of the window; one over midnight belongs to the day on which it opened."""
    shown = (wall - EPOCH) % timedelta(days=1) // MICROSECOND
    if opens > closes and shown < closes:
        return bool(weekdays >> (wall - timedelta(days=1)).weekday() & 1)
    inside = opens <= shown if opens > closes else opens <= shown < closes
    return inside and bool(weekdays >> wall.weekday() & 1)


def jumps(first: int, last: int, zone: str) -> Iterator[int]:
    for day in range(first, last):
        yield from _jumps_of_day(day, zone)


@cache
def _jumps_of_day(day: int, zone: str) -> tuple[int, ...]:
    """The instants of a UTC day at which the zone's offset changes (found to the minute, by looking at each)."""
    start = day * DAY
    if len({offset(start + hour * DAY // 4, zone) for hour in range(-1, 6)}) == 1:
        return ()
    minutes = [start + minute * 60 * SECOND for minute in range(24 * 60)]
    return tuple(each for each in minutes if offset(each, zone) != offset(each - 1, zone))


def offset(at: int, zone: str) -> timedelta:
    offset = (EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=at)).astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return offset
