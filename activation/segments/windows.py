"""Windows: whole local days of the workspace, then the begun one up to and without the instant itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from activation.segments.terms import Kind
from kith.times import local_day, local_midnight

DAYS_OF_A_YEAR = 366


def window_start(as_of: datetime, days: int, zone: str) -> datetime:
    """The local midnight that begins the day `days` days before the local date of `as_of`."""
    return local_midnight(local_day(as_of, zone) - timedelta(days=days), zone)


def day_bounds(as_of: datetime, days: int, zone: str, kind: Kind) -> tuple[date | datetime, date | datetime]:
    """The window as bounds, from (inclusive) and until (exclusive), for a column of dates or of instants.

    A date counts from its local midnight: today's is in the past as soon as today has begun.
    """
    if kind is Kind.INSTANT:
        return window_start(as_of, days, zone), as_of
    today = local_day(as_of, zone)
    has_begun = local_midnight(today, zone) < as_of
    return today - timedelta(days=days), today + timedelta(days=int(has_begun))


def coming_days(as_of: datetime, days: int, zone: str) -> tuple[int, ...]:
    """month * 100 + day of the next `days` local days, today the first; in common years the 28 February
    stands for the 29th as well."""
    today = local_day(as_of, zone)
    coming = [today + timedelta(days=number) for number in range(min(days, DAYS_OF_A_YEAR))]
    found = {day.month * 100 + day.day for day in coming}
    if any((day.month, day.day) == (2, 28) and not _is_leap(day.year) for day in coming):
        found.add(229)
    return tuple(sorted(found))


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
