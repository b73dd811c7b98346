"""Quiet hours as they are written in definitions/quiet_hours, and the week that follows from them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from activation.journeys.deciding.decision_time import DAY, HOUR, QUARTER, WEEK

KIND = "quiet_hours"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
QUARTERS = WEEK // QUARTER
_TIME = re.compile(r"([01]\d|2[0-4]):(00|15|30|45)")


class QuietHours(BaseModel):
    """One file: `from` … `until` on the clock of whoever is written to, on the days on which it begins.

    It holds for marketing messages that these channels may carry; several files add up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    description: str = ""
    channels: Literal["all"] | tuple[str, ...] = "all"
    begins: str
    ends: str
    days: Literal["all"] | tuple[Weekday, ...] = "all"

    @field_validator("channels", "days")
    @classmethod
    def _some(cls, given: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not given:
            raise ValueError("names none: expected some, or 'all'")
        return given

    @field_validator("begins", "ends")
    @classmethod
    def _clock(cls, text: str) -> str:
        if not _TIME.fullmatch(text) or text > "24:00":
            raise ValueError(f"'{text}' is no time: expected a quarter of an hour, such as 21:00 or 07:30")
        return text

    @model_validator(mode="after")
    def _some_time(self) -> QuietHours:
        if clock(self.begins) == clock(self.ends):
            raise ValueError("begins when it ends; for a whole day write 'begins: 00:00' and 'ends: 24:00'")
        return self

    def binds(self, channels: Iterable[str]) -> bool:
        """Whether a message that one of these channels may carry keeps to it."""
        return self.channels == "all" or not set(channels).isdisjoint(self.channels)

    def quarters(self) -> set[int]:
        """The quarters of an hour that are quiet, counted from Monday's midnight."""
        opens, closes = clock(self.begins), clock(self.ends)
        length = (closes - opens) % DAY or DAY
        days = WEEKDAYS if self.days == "all" else self.days
        starts = [WEEKDAYS.index(day) * DAY + opens for day in days]
        return {(start // QUARTER + step) % QUARTERS for start in starts for step in range(length // QUARTER)}


def clock(text: str) -> int:
    """`07:30` as microseconds since midnight."""
    hours, minutes = text.split(":")
    return int(hours) * HOUR + int(minutes) * HOUR // 60


def closing(quiet: Collection[int]) -> dict[int, int]:
    """Of each quiet quarter, the place in the week (microseconds since Monday) at which quiet ends.

    ValueError where no quarter of the week is left to write in.
    """
    if len(quiet) >= QUARTERS:
        raise ValueError("leave no time of the week in which to write")
    ends: dict[int, int] = {}
    loud = next(each for each in range(QUARTERS) if each not in quiet)
    end = loud
    for quarter in range(loud + QUARTERS, loud, -1):
        if quarter % QUARTERS in quiet:
            ends[quarter % QUARTERS] = end % QUARTERS * QUARTER
        else:
            end = quarter
    return ends
