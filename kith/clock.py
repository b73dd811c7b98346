"""The rim's clock. Nothing below the rim reads it: there, time is an argument."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from kith.errors import KithError
from kith.settings import Settings


class Clock(Protocol):
    """Answers what time it is, as an aware UTC datetime."""

    def now(self) -> datetime: ...


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that a caller sets; for tests and replays."""

    def __init__(self, instant: datetime) -> None:
        self.set(instant)

    def now(self) -> datetime:
        return self._instant

    def set(self, instant: datetime) -> None:
        self._instant = instant.astimezone(UTC)


class VirtualClock:
    """A clock in a file, shared by processes: the sandbox sets it, all others read it at each call."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> datetime:
        try:
            text = self.path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise KithError(
                "the virtual clock was never set",
                where=str(self.path),
                way_out="start the sandbox world, or set KITH_CLOCK=wall",
            ) from None
        return datetime.fromisoformat(text).astimezone(UTC)

    def set(self, instant: datetime) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        fresh.write_text(instant.astimezone(UTC).isoformat(), encoding="ascii")
        fresh.replace(self.path)


def system_clock(settings: Settings) -> Clock:
    """The clock that the settings name."""
    return VirtualClock(settings.clock_file) if settings.clock == "virtual" else WallClock()
