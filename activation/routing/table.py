"""A channel's vendors as they are written down: `activation/definitions/routing/<channel>.yml`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from kith.definitions import Definition, load_definition
from kith.errors import KithError
from kith.settings import PROJECT, Settings
from kith.times import parse_duration

KIND = "routing"
_COUNTRY = re.compile(r"[A-Z]{2}")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Vendor(_Strict):
    """One vendor's line. Without `countries` it serves all of them, and addresses that tell none. `cost` is money a
    message, by country or `*`; `weight` its part of the messages; `per_second` and `burst` bound how fast we ask it."""

    vendor: str
    countries: frozenset[str] = frozenset()
    cost: dict[str, Decimal] = {}
    currency: str = ""
    weight: float = Field(default=1.0, gt=0)
    per_second: float | None = Field(default=None, gt=0)
    burst: int | None = Field(default=None, ge=1)
    warm_up: WarmUp | None = None
    domains: tuple[DomainRule, ...] = ()

    @field_validator("countries")
    @classmethod
    def _are_countries(cls, given: frozenset[str]) -> frozenset[str]:
        odd = sorted(each for each in given if not _COUNTRY.fullmatch(each))
        if odd:
            raise ValueError(f"has {odd[0]}; expected two capital letters, such as DE")
        return given

    @field_validator("cost", mode="before")
    @classmethod
    def _one_cost_for_all(cls, given: object) -> object:
        return given if isinstance(given, dict) or given is None else {"*": given}

    def stated_cost(self, country: str) -> Decimal | None:
        """What a message to this country is said to cost."""
        return self.cost.get(country, self.cost.get("*"))


class WarmUp(_Strict):
    """A sender that is new at a vendor: `first_day` messages on the day `since`, each day `growth` times as many,
    without bound from the day that reaches `full`."""

    since: date
    first_day: int = Field(default=200, ge=1)
    growth: float = Field(default=1.5, gt=1)
    full: int = Field(default=100_000, ge=1)


class DomainRule(_Strict):
    """How fast domains of mailboxes may be written to, by one vendor. Those named together share it (they are one
    provider's); `*` stands for every other domain, each on its own."""

    domains: tuple[str, ...] = Field(min_length=1)
    per_second: float = Field(gt=0)
    burst: int | None = Field(default=None, ge=1)


class BreakerRule(_Strict):
    """So many failures in a row, and the vendor is left alone for so many seconds."""

    failures: int = Field(default=20, ge=1)
    seconds: float = Field(default=30.0, gt=0)


def _span(value: object) -> timedelta:
    try:
        found = parse_duration(str(value))
    except KithError as error:
        raise ValueError(str(error)) from None
    if found < timedelta(minutes=1):
        raise ValueError("expected a minute at least: a phone takes a moment")
    return found


Span = Annotated[timedelta, BeforeValidator(_span)]


class RoutingTable(_Strict):
    """The whole definition. `choose: weight` shares messages out by weight and health, the same message always to the
    same vendor; `choose: cost` takes the cheapest by what a delivered message costs. Vendors whose score falls below
    `least_score` come last. `next_channels` are tried where somebody is unreachable here and, if the vendor can take a
    message back, for what is not delivered `undelivered_after` its acceptance; `moves_after` tries put off by one
    vendor, the next is asked."""

    name: str = ""
    description: str = ""
    choose: Literal["weight", "cost"] = "weight"
    vendors: tuple[Vendor, ...] = ()
    next_channels: tuple[str, ...] = ()
    undelivered_after: Span | None = None
    moves_after: int = Field(default=2, ge=1)
    least_score: float = Field(default=0.5, ge=0, le=1)
    breaker: BreakerRule = BreakerRule()

    @model_validator(mode="after")
    def _each_once(self) -> RoutingTable:
        names = [each.vendor for each in self.vendors]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"names {twice[0]} twice; expected each vendor once")
        return self

    def of(self, vendors: Sequence[str]) -> RoutingTable:
        """Of the vendors at hand: those it names as it says, the others on equal terms."""
        named = tuple(each for each in self.vendors if each.vendor in vendors)
        known = {each.vendor for each in named}
        others = tuple(Vendor(vendor=name) for name in vendors if name not in known)
        return self.model_copy(update={"vendors": (*named, *others)})


def load_table(settings: Settings, channel: str) -> Definition[RoutingTable] | None:
    """The workspace's table of a channel, or the one that comes with Kith; None where neither has one.

    A channel that the table itself names as the next one, or a vendor named twice, is an error with file and line.
    """
    for folder in (settings.definitions, PROJECT / "activation" / "definitions"):
        path = folder / KIND / f"{channel}.yml"
        if path.exists():
            found = load_definition(path, RoutingTable, kind=KIND)
            if channel in found.body.next_channels:
                raise found.error(
                    f"names {channel} as the channel after itself", ("next_channels",), expected="another"
                )
            return found
    return None


def table_of(settings: Settings, channel: str) -> RoutingTable:
    """The table, an empty one where nothing is written down."""
    found = load_table(settings, channel)
    return found.body if found else RoutingTable(name=channel)
