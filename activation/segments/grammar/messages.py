"""Leaves about what people did with messages."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from activation.segments.grammar.comparisons import CountComparison, Strict
from activation.segments.operands import Days, Gap, Name

MOST_MESSAGES = 100
ANY = "any"

Status = Literal[
    "sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "replied", "converted"
]
#: Of these the last messages can't be asked: of what was sent all was, and a conversion is no answer to one message.
NOT_OF_LAST = ("sent", "converted")


class Message(Strict):
    """What became of messages: `{message: winback_offer, was: opened, within: 30d}`.

    `message` is a template, or `any`; `campaign` (or `journey`), `step` and `channel` narrow it further.
    `was_not` is the complement over all profiles. `count` counts messages, not opens of one:
    `{message: any, was: clicked, channel: email, count: {at_least: 2}, within: 90d}`. With `of_last` only the
    last so many that were sent are looked at: `{message: any, was_not: opened, of_last: 5}`. `converted` is
    an event `by` (Order Completed) at most `gap` (7d) after the sending.
    """

    message: Name
    was: Status | None = None
    was_not: Status | None = None
    campaign: Name | None = None
    journey: Name | None = None
    step: Name | None = None
    channel: Name | None = None
    within: Days | None = None
    count: CountComparison | None = None
    of_last: int | None = Field(None, ge=1, le=MOST_MESSAGES, strict=True)
    by: Name | None = None
    gap: Gap | None = None

    @model_validator(mode="after")
    def _of_one_mind(self) -> Message:
        if (self.was is None) == (self.was_not is None):
            raise ValueError("has not exactly one of was and was_not; expected one of them")
        if self.campaign is not None and self.journey is not None:
            raise ValueError("has campaign and journey; expected one of them")
        if self.count is not None and self.was is None:
            raise ValueError("has count and was_not; expected was beside count")
        if self.of_last is not None and self.status in NOT_OF_LAST:
            raise ValueError(f"has of_last; expected it beside an answer to a message, not {self.status}")
        if self.count is not None and self.status == "converted":
            raise ValueError("has count; expected none beside converted")
        if self.status != "converted" and not self.by is self.gap is None:
            raise ValueError("has by or gap; expected them beside converted alone")
        return self

    @property
    def status(self) -> str:
        return self.was or self.was_not or ""
