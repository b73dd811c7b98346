"""Budgets and throttles as they stand in definitions/budgets: what all together may be sent, and how fast."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kith.errors import KithError
from kith.times import parse_duration

KIND = "budgets"
_RATE = re.compile(r"([1-9]\d{0,8}) per (\S+)")
_MONEY = re.compile(r"(\d{1,12}(?:\.\d{1,6})?) ([A-Z]{3})")


class Budget(BaseModel):
    """One file: either a budget (`at_most` messages or `spend` money, `per` a period of the workspace's calendar) or a
    throttle (`rate`). It counts marketing messages by these channels, of these journeys, that bear one of these tags.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    description: str = ""
    channels: Literal["all"] | tuple[str, ...] = "all"
    journeys: Literal["all"] | tuple[str, ...] = "all"
    tags: Literal["all"] | tuple[str, ...] = "all"
    at_most: int | None = Field(default=None, ge=1)
    spend: str = ""
    per: Literal["", "day", "week", "month"] = ""
    rate: str = ""

    @field_validator("channels", "journeys", "tags")
    @classmethod
    def _some(cls, given: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not given:
            raise ValueError("names none: expected some, or 'all'")
        return given

    @field_validator("rate")
    @classmethod
    def _is_rate(cls, text: str) -> str:
        found = _RATE.fullmatch(text)
        try:
            is_span = bool(found and parse_duration(found[2]))
        except KithError:
            is_span = False
        if text and not is_span:
            raise ValueError(f"'{text}' is no rate: expected such as 1000 per 1h")
        return text

    @field_validator("spend")
    @classmethod
    def _is_money(cls, text: str) -> str:
        if text and not _MONEY.fullmatch(text):
            raise ValueError(f"'{text}' is no sum of money: expected such as 500 EUR")
        return text

    @model_validator(mode="after")
    def _one_of_three(self) -> Budget:
        if sum(map(bool, (self.at_most, self.spend, self.rate))) != 1:
            raise ValueError("says not what it bounds: expected one of at_most, spend and rate")
        if bool(self.rate) == bool(self.per):
            raise ValueError("a budget has a period ('per: month'), a throttle has none")
        return self

    @property
    def bound(self) -> str:
        """What it says, in the words of a reason's detail."""
        if self.rate:
            return f"{self.name}: {self.rate}"
        return f"{self.name}: at most {self.spend or self.at_most} per {self.per}"

    @property
    def throttle(self) -> tuple[int, int] | None:
        """So many messages in so many microseconds; None for a budget."""
        found = _RATE.fullmatch(self.rate)
        if not found:
            return None
        return int(found[1]), int(parse_duration(found[2]).total_seconds()) * 1_000_000

    @property
    def money(self) -> tuple[Decimal, str] | None:
        """The sum and its currency; None where messages are counted."""
        found = _MONEY.fullmatch(self.spend)
        return (Decimal(found[1]), found[2]) if found else None

    def counts(self, journey: str, channel: str, tags: Collection[str]) -> bool:
        """Whether a marketing message of this journey, by this channel, with these tags, is one of its own."""
        return (
            (self.channels == "all" or channel in self.channels)
            and (self.journeys == "all" or journey in self.journeys)
            and (self.tags == "all" or not set(tags).isdisjoint(self.tags))
        )
