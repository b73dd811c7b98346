"""The instant of an evaluation as moments: where windows and local days begin, in microseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from activation.segments.columns.comparing import microseconds
from activation.segments.windows import window_start
from kith.times import local_day, local_midnight


@dataclass(frozen=True)
class Instant:
    """When is evaluated, in which zone."""

    as_of: datetime
    zone: str

    @property
    def moment(self) -> int:
        return microseconds(self.as_of)

    def start(self, days: int | None) -> int | None:
        """The local midnight `days` days before; None: ever."""
        return None if days is None else _start(self, days)

    def midnights(self, since: int) -> NDArray[np.int64]:
        """The local midnights from the day of a moment to that of the evaluation, and one before."""
        return _midnights(self, local_day(_instant(since), self.zone).toordinal())


def _instant(moment: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)


@cache
def _start(instant: Instant, days: int) -> int:
    return microseconds(window_start(instant.as_of, days, instant.zone))


@cache
def _midnights(instant: Instant, first: int) -> NDArray[np.int64]:
    days = range(first - 1, local_day(instant.as_of, instant.zone).toordinal() + 1)
    found = [microseconds(local_midnight(datetime.fromordinal(day).date(), instant.zone)) for day in days]
    return np.array(found, np.int64)
