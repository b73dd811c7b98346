"""Windows: whole local days of the workspace, then the begun one up to and without the instant itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from activation.segments.terms import Kind
from kith.times import local_day, local_midnight


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
