"""Caps as they are written in definitions/caps."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from kith.times import parse_duration


class Limit(BaseModel):
    """`at_most: 2, per: 7d`: in each window (t - 7 d, t]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_most: int = Field(ge=1, le=1000)
    per: str

    @field_validator("per")
    @classmethod
    def _duration(cls, text: str) -> str:
        parse_duration(text)
        return text

    @property
    def microseconds(self) -> int:
        return int(parse_duration(self.per).total_seconds()) * 1_000_000


class Cap(BaseModel):
    """One file of definitions/caps: which messages it counts, and its limits.

    Every message that it counts takes a place, whoever sends it; it binds those journeys that obey it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    description: str = ""
    purpose: str = "marketing"
    channels: Literal["all"] | tuple[str, ...] = "all"
    limits: tuple[Limit, ...] = Field(min_length=1)

    def counts(self, purpose: str, channel: str) -> bool:
        """Whether a message of this purpose and channel takes a place in it."""
        return purpose == self.purpose and (self.channels == "all" or channel in self.channels)
