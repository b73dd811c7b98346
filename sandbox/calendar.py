"""The world's fixed dates. Hours are counted since 1970, instants in milliseconds since then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LAUNCH = datetime(2026, 5, 1, 8, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
SECOND_MS = 1_000
DAY_HOURS = 24


def to_hour(instant: datetime) -> int:
    """The hour that holds an instant."""
    return int((instant - EPOCH).total_seconds()) // 3600


def to_ms(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)


def from_hour(hour: int) -> datetime:
    return EPOCH + timedelta(hours=hour)


def weekday(hour: int) -> int:
    """0 is Monday; 1 January 1970 was a Thursday."""
    return (hour // DAY_HOURS + 3) % 7


@dataclass(frozen=True)
class Calendar:
    """From the shop's first hour to launch lies history; from there to the end the world lives on."""

    days: int
    live_days: int
    launch: datetime = LAUNCH

    @property
    def first_hour(self) -> int:
        return self.launch_hour - self.days * DAY_HOURS

    @property
    def launch_hour(self) -> int:
        return to_hour(self.launch)

    @property
    def end_hour(self) -> int:
        return self.launch_hour + self.live_days * DAY_HOURS
