"""`send`: one message, by the first of the channels that can carry it.

- send: winback_offer
  by: [push, email]
  expires_after: 24h
  until: sent
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from activation.journeys.graph import EventMatch, Message, Wait, WaitBranch
from activation.journeys.language.channels import Channels
from activation.journeys.language.matches import SENT
from activation.journeys.language.step import Keys, Place, Step, Word
from activation.journeys.language.values import DAY, Duration, Span, micros
from activation.journeys.language.values import Word as Name

if TYPE_CHECKING:
    from activation.journeys.language.step import Steps

#: A receipt that comes at all comes within this time of the last moment at which the message may leave.
RECEIPT = timedelta(hours=1)


class Send(Step):
    """Plans a message. `by` names channels in order; with `choose: best` the one that the person answers most is
    tried first. `at: best_hour` moves it to the person's best hour `within` a time. `otherwise` is where those go
    whose message the gates withheld. With `until: sent` the next step begins when it left, not when it was planned."""

    send: Name
    by: Channels
    choose: Literal["order", "best"] = "order"
    purpose: Literal["marketing", "transactional"] | None = None
    tags: tuple[Name, ...] = ()
    expires_after: Duration = timedelta(hours=48)
    at: Literal["best_hour"] | None = None
    within: Span = DAY
    quiet_hours: Literal["keep", "ignore"] | None = None
    until: Literal["sent"] | None = None
    otherwise: Steps | None = None

    def made_id(self) -> str:
        return f"message:{self.send}"

    def blocks(self) -> Iterator[tuple[Keys, Steps]]:
        if self.otherwise is not None:
            yield ("otherwise",), self.otherwise

    def compile(self, place: Place, following: str) -> str:
        self._check(place)
        purpose = self.purpose or place.definition.body.purpose
        sent, dropped = following, following
        if self.otherwise is not None:
            dropped = place.block(self.otherwise, following, "otherwise")
        if self.until == "sent":
            sent = self._receipt(place, following)
        if self.otherwise is not None or self.until == "sent":
            place.await_outcome(place.step_id(self))
        throttled = [throttle_tag(place)] if place.throttle else []
        message = Message(
            **place.names(self),
            template=self.send,
            channels=self.by,
            chosen_by="affinity" if self.choose == "best" else "order",
            purpose=purpose,
            tags=(*self.tags, *throttled),
            expires_after=micros(self.expires_after),
            is_transactional=purpose == "transactional",
            best_hour=self.at == "best_hour",
            best_within=self.within,
            ignores_quiet_hours=(self.quiet_hours or place.definition.body.quiet_hours) == "ignore",
            rate=place.throttle.partition("=")[2],
            parks=place.step_id(self) in place.draft.parked,
        )
        return place.add(message, {"sent": sent, "dropped": dropped, "next": following})

    def _receipt(self, place: Place, following: str) -> str:
        """A wait for the receipt, as long as the message may still leave."""
        names = place.names(self)
        match = EventMatch(SENT, (), names["step_id"])
        span = micros(self.expires_after + RECEIPT)
        wait = Wait(f"{names['node_id']}:receipt", f"{names['step_id']}:receipt", (WaitBranch(match),), span)
        return place.add(wait, {"1": following, "timeout": following})

    def _check(self, place: Place) -> None:
        if not self.expires_after:
            raise place.error("no message could ever leave", "expires_after", expected="more than 0s")


def throttle_tag(place: Place) -> str:
    """By which the messages that share a throttle are known."""
    return f"throttle:{place.root}:{place.throttle.partition('=')[0]}"


plugin = Word(Send)
