"""A campaign as a marketer writes it: one message, to everybody in a segment at an instant or on a schedule, or to
whoever does something."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from activation.journeys.language.channels import Channel, Channels
from activation.journeys.language.entry import Schedule
from activation.journeys.language.exits import State
from activation.journeys.language.values import (
    DAY,
    Duration,
    Fraction,
    Instant,
    Share,
    Span,
    TimeOfDay,
    Word,
)
from activation.journeys.language.winner import Winner
from activation.segments.grammar.behaviour import Filtered
from activation.segments.grammar.comparisons import Strict
from activation.segments.operands import Name, Prose

__all__ = ["Campaign", "Channel", "Goal", "Trigger", "Variant"]


class Goal(Strict):
    """What counts as a success, and until when after the decision."""

    event: str
    within: Duration


class Trigger(Filtered):
    """The event that a triggered campaign answers. `key` names the property that tells instances apart; whoever
    does it again is written to again, unless `again` or `again_after` says otherwise."""

    event: Name
    key: Name | None = None
    again: Literal["once", "always"] | None = None
    again_after: Span | None = None


class Variant(Strict):
    """One of several templates that are compared."""

    variant: Word
    send: Word
    share: Share


class Campaign(Strict):
    """One file of definitions/campaigns. With `launch_at` it is sent once, with `schedule` again and again, with
    `when` to whoever does that."""

    name: Word
    description: Prose = ""
    state: State

    to: Word | None = None  # a segment: who
    launch_at: Instant | None = None
    window: Duration = timedelta(hours=24)
    schedule: Schedule | None = None
    when: Trigger | None = None
    from_: Instant | None = Field(None, alias="from")
    until: Instant | None = None
    at: Literal["best_hour"] | TimeOfDay | None = None  # with the person
    within: Span = DAY  # for the best hour

    send: Word | None = None  # a template: how it sounds
    variants: Annotated[tuple[Variant, ...], Field(max_length=20)] = ()
    winner: Winner | None = None
    rest_after: Span | None = None
    by: Channels  # which vendor carries it is delivery's (definitions/routing)
    choose: Literal["order", "best"] = "order"
    purpose: Literal["marketing", "transactional"] = "marketing"
    tags: tuple[Word, ...] = ()
    quiet_hours: Literal["keep", "ignore"] = "keep"
    expires_after: Duration = timedelta(hours=48)

    holdout: Fraction
    caps: Literal["all"] | tuple[Word, ...] = "all"
    priority: int = Field(default=100, ge=0, le=1000)  # the lower one is judged first

    goal: Goal

    @model_validator(mode="before")
    @classmethod
    def _no_holdout_where_none_may_be(cls, given: Any) -> Any:
        """A transactional message holds nobody out, so it needn't say so."""
        if isinstance(given, dict) and given.get("purpose") == "transactional":
            return {"holdout": "0%", **given}
        return given

    @property
    def templates(self) -> tuple[str, ...]:
        """What it sends."""
        return tuple(each.send for each in self.variants) or ((self.send,) if self.send else ())
