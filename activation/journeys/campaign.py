"""A campaign as a marketer writes it: one message to everybody in a segment, at one instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from activation.journeys.form import Journey, MessageStep
from kith.definitions import Definition
from kith.errors import KithError
from kith.times import parse_duration, parse_instant


def _duration(value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(f"'{value}' is no duration: expected a number and s, m, h, d or w, such as 24h")
    try:
        return parse_duration(value)
    except KithError as error:
        raise ValueError(str(error)) from None


def _fraction(value: object) -> float:
    text = str(value).strip()
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise ValueError(f"'{value}' is no share: expected a percentage such as 10%") from None
    if not 0 <= number < 1:
        raise ValueError(f"'{value}' is no share: expected at least 0% and less than 100%")
    return number


def _instant(value: object) -> str:
    try:
        parse_instant(str(value))
    except KithError as error:
        raise ValueError(str(error)) from None
    return str(value)


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Fraction = Annotated[float, BeforeValidator(_fraction)]
Instant = Annotated[str, BeforeValidator(_instant)]  # local to the workspace zone unless it says otherwise
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Channel = Literal["email", "sms", "voice", "whatsapp", "rcs", "in_app", "web_message"]


class Goal(BaseModel):
    """What counts as a success, and until when after the decision."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: str
    within: Duration


class Campaign(BaseModel):
    """One file of definitions/campaigns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    description: str = ""
    state: Literal["draft", "live", "paused"]

    to: Name  # a segment: who
    launch_at: Instant
    window: Duration = timedelta(hours=24)

    send: Name  # a template: how it sounds
    by: Channel  # which vendor carries it is delivery's (definitions/routing)
    purpose: Literal["marketing", "transactional"] = "marketing"
    expires_after: Duration = timedelta(hours=48)

    holdout: Fraction
    caps: Literal["all"] | tuple[Name, ...] = "all"
    priority: int = Field(default=100, ge=0, le=1000)  # the lower one is judged first

    goal: Goal


def journey_of(definition: Definition[Campaign], zone: str, all_caps: tuple[str, ...] = ()) -> Journey:
    """The journey that a campaign is: entry at the launch, one message, exit."""
    campaign = definition.body
    launch = parse_instant(campaign.launch_at, zone)
    _check(definition, launch)
    step = MessageStep(
        step_id=f"message:{campaign.send}",
        template=campaign.send,
        channel=campaign.by,
        purpose=campaign.purpose,
        expires_after=campaign.expires_after,
        is_transactional=campaign.purpose == "transactional",
    )
    return Journey(
        name=definition.name,
        version=definition.version,
        segment=campaign.to,
        enter_from=launch,
        enter_until=launch + campaign.window,
        holdout=campaign.holdout,
        priority=campaign.priority,
        caps=() if step.is_transactional else all_caps if campaign.caps == "all" else campaign.caps,
        steps=(step,),
    )


def _check(definition: Definition[Campaign], launch: datetime) -> None:
    campaign = definition.body
    if campaign.purpose == "transactional" and campaign.holdout:
        raise definition.error("a transactional message holds nobody out", ("holdout",), expected="0%")
    if campaign.purpose == "marketing" and not campaign.holdout:
        raise definition.error(
            "a campaign without a holdout can't show that it worked", ("holdout",), expected="such as 10%"
        )
    for field in ("window", "expires_after"):
        if not getattr(campaign, field):
            raise definition.error("no message could ever leave", (field,), expected="more than 0s")
