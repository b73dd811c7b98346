"""Caps as they are written in definitions/caps."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from kith.errors import KithError
from kith.times import parse_duration

#: Windows of the person's own calendar; a week begins on Monday.
CALENDAR = ("local day", "local week", "local month")


class Limit(BaseModel):
    """`at_most: 2, per: 7d`: in each window (t - 7 d, t]. `per: local day`: on each date of the person's calendar."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_most: int = Field(ge=1, le=1000)
    per: str

    @field_validator("per")
    @classmethod
    def _window(cls, text: str) -> str:
        if text in CALENDAR:
            return text
        try:
            width = parse_duration(text)
        except KithError:
            choices = ", ".join(repr(each) for each in CALENDAR)
            raise ValueError(f"'{text}' is no window: expected a duration such as 7d, or {choices}") from None
        if not width:
            raise ValueError("an empty window limits nothing: expected more than 0s")
        return text

    @property
    def microseconds(self) -> int:
        """How long the window is; 0 where a calendar says."""
        return 0 if self.per in CALENDAR else int(parse_duration(self.per).total_seconds()) * 1_000_000


class Cap(BaseModel):
    """One file of definitions/caps: which messages it counts, and its limits.

    Every message that it counts takes a place, whoever sends it; it binds those journeys that obey it. With `tags`
    it counts messages that bear any of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    description: str = ""
    purpose: str = "marketing"
    channels: Literal["all"] | tuple[str, ...] = "all"
    tags: Literal["all"] | tuple[str, ...] = "all"
    limits: tuple[Limit, ...] = Field(min_length=1)

    @field_validator("channels", "tags")
    @classmethod
    def _some(cls, given: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not given:
            raise ValueError("names none, so that the cap counts nothing: expected some, or 'all'")
        return given

    def counts(self, purpose: str, channel: str, tags: Collection[str] = ()) -> bool:
        """Whether a message of this purpose, channel and these tags takes a place in it."""
        return (
            purpose == self.purpose
            and (self.channels == "all" or channel in self.channels)
            and (self.tags == "all" or not set(tags).isdisjoint(self.tags))
        )
