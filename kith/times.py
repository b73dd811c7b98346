"""Instants, durations and local days. Inside Kith an instant is an aware UTC datetime; in files it is
`timestamp[us]` without a zone, meaning UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kith.errors import KithError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"^(\d+)\s*([smhdw])$")


def parse_duration(text: str) -> timedelta:
    """`30d`, `12h`, `90s`, `2w` → timedelta."""
    match = _DURATION.match(text.strip())
    if not match:
        raise KithError(f"'{text}' is no duration", expected="a number and s, m, h, d or w, such as 30d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def parse_instant(text: str, zone: str = "UTC") -> datetime:
    """An ISO instant; without an offset it is local to `zone`; a bare date is its midnight there."""
    try:
        value = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise KithError(
            f"'{text}' is no instant", expected="a date or time such as 2026-05-01 or 2026-05-01T08:00:00Z"
        ) from None
    return from_local(value, zone) if value.tzinfo is None else value.astimezone(UTC)


def from_local(value: datetime, zone: str) -> datetime:
    """Local wall time → UTC: a gap moves forward, a fold takes the first of the two."""
    return value.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def format_instant(instant: datetime) -> str:
    """The one spelling of an instant in ids and names: 2026-05-01T08:00:00.000000Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def to_utc_naive(instant: datetime) -> datetime:
    """For a `timestamp[us]` column: the UTC wall time without its zone."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def from_utc_naive(value: datetime) -> datetime:
    """The opposite of `to_utc_naive`."""
    return value.replace(tzinfo=UTC)


def local_midnight(day: date, zone: str) -> datetime:
    """The instant at which a local day begins."""
    return from_local(datetime.combine(day, time()), zone)


def local_day(instant: datetime, zone: str) -> date:
    """The local date of an instant."""
    return instant.astimezone(ZoneInfo(zone)).date()
