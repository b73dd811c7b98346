"""Moments in microseconds, and the local days on which they fall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from activation.segments.windows import window_start

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR, DAY = 3_600_000_000, 86_400_000_000
MOST_HOURS = 200_000


def moment_of(instant: datetime) -> int:
    """Microseconds since 1970."""
    return (instant - EPOCH) // TICK


class LocalDays:
    """Days of one zone, numbered. A clock changes within few hours: of all others the shift is remembered."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._shifts: dict[int, int | None] = {}

    def number(self, moment: int) -> int:
        """The local date of a moment, in days since 1970."""
        hour = moment // HOUR
        shift = self._shifts.get(hour)
        if shift is None:
            shift = self._shift(hour)
            if len(self._shifts) < MOST_HOURS:
                self._shifts[hour] = shift
        return (moment + (self._offset(moment) if shift is None else shift)) // DAY

    def _shift(self, hour: int) -> int | None:
        first, last = self._offset(hour * HOUR), self._offset(hour * HOUR + HOUR - 1)
        return first if first == last else None

    def _offset(self, moment: int) -> int:
        local = (EPOCH + moment * TICK).astimezone(self._zone)
        return (local.utcoffset() or timedelta()) // TICK


def span_of(as_of: datetime, zone: str, days: int | None, until: int | None) -> tuple[int | None, int | None]:
    """The bounds of a span of local days: from (None: ever) and until without it (None: the instant itself)."""
    start = None if days is None else moment_of(window_start(as_of, days, zone))
    end = None if until is None else moment_of(window_start(as_of, until, zone))
    return start, end
