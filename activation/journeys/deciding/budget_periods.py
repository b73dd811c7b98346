"""Days, weeks and months of the workspace's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from kith.times import local_day, local_midnight

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def period_starts(first: int, last: int, per: str, zone: str) -> list[int]:
    """The begins of the periods from the one that holds `first` to the one after `last`; microseconds since 1970."""
    day = _begin(local_day(_EPOCH + first * _MICROSECOND, zone), per)
    starts = [_instant(day, zone)]
    while starts[-1] <= last:
        day = _next(day, per)
        starts.append(_instant(day, zone))
    return starts


def _instant(day: date, zone: str) -> int:
    return (local_midnight(day, zone) - _EPOCH) // _MICROSECOND


def _begin(day: date, per: str) -> date:
    if per == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if per == "month" else day


def _next(day: date, per: str) -> date:
    if per == "month":
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return day + timedelta(days=7 if per == "week" else 1)
