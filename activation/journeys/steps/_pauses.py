"""What a `wait` may be for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from activation.journeys.graph import EventMatch, UntilAttribute, UntilLocal, Wait, WaitBranch
from activation.journeys.language.choice import first_key, one_of
from activation.journeys.language.matches import Answer, Event, answers_to, match_of
from activation.journeys.language.step import Keys
from activation.journeys.language.values import EVERY_DAY, Span, Text, TimeOfDay, Weekdays
from activation.segments.grammar.behaviour import Filtered
from activation.segments.grammar.comparisons import Strict

if TYPE_CHECKING:
    from activation.journeys.language.step import Names, Place, Steps

MOST_BRANCHES = 20


class AttributeTime(Strict):
    """The instant that an attribute holds, `plus` or `minus` a span; a date is its midnight with the person."""

    attribute: Text
    plus: Span | None = None
    minus: Span | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> AttributeTime:
        if self.plus is not None and self.minus is not None:
            raise ValueError("has plus and minus; expected one of them")
        return self

    @property
    def offset(self) -> int:
        return (self.plus or 0) - (self.minus or 0)


def _until_form(value: Any) -> str:
    return "attribute" if isinstance(value, dict | AttributeTime) else "time"


Time = one_of({"time": TimeOfDay, "attribute": AttributeTime}, _until_form, "is no time")


class Until(Strict):
    """Until a time of day with the person, `on` weekdays; or until an attribute's instant. Those who have none,
    or for whom it has passed, go to `missed`, or on."""

    until: Time  # type: ignore[valid-type]
    on: Weekdays = EVERY_DAY
    missed: Steps | None = None

    @model_validator(mode="after")
    def _of_one_mind(self) -> Until:
        if isinstance(self.until, AttributeTime) and self.on != EVERY_DAY:
            raise ValueError("has on beside an attribute; expected it beside a time of day")
        if self.missed is not None and not isinstance(self.until, AttributeTime):
            raise ValueError(
                "has missed beside a time of day, which nobody misses; expected it beside an attribute"
            )
        return self

    def blocks(self) -> Iterator[tuple[Keys, Steps]]:
        if self.missed is not None:
            yield ("missed",), self.missed

    def in_words(self) -> str:
        if isinstance(self.until, AttributeTime):
            return f"until:{self.until.attribute}"
        minutes = self.until // 60_000_000
        days = "" if self.on == EVERY_DAY else f":{self.on:07b}"
        return f"until:{minutes // 60:02}:{minutes % 60:02}{days}"

    def compile(self, names: Names, place: Place, following: str) -> str:
        if not isinstance(self.until, AttributeTime):
            node = UntilLocal(**names, time_of_day=self.until, weekdays=self.on)
            return place.add(node, {"next": following})
        missed = following if self.missed is None else place.block(self.missed, following, "missed")
        node = UntilAttribute(**names, attribute=self.until.attribute, offset=self.until.offset)
        return place.add(node, {"next": following, "missed": missed})


class Awaited(Event):
    """One of several events that a wait listens for."""

    then: Steps | None = None


class AwaitedAnswer(Answer):
    """One of several answers to a message that a wait listens for."""

    then: Steps | None = None


Heard = one_of(
    {"event": Awaited, "message": AwaitedAnswer},
    first_key("event", "message"),
    "is nothing to wait for; expected a mapping with event or message",
)


def _for_form(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "several"
    return "message" if isinstance(value, dict | Answer) else "event"


Several = Annotated[tuple[Heard, ...], Field(min_length=1, max_length=MOST_BRANCHES)]  # type: ignore[valid-type]


@dataclass(frozen=True)
class Listening:
    """One thing that a wait listens for, and where it leads, each with its keys below the wait."""

    what: Event | Answer
    keys: Keys
    then: Steps | None
    then_keys: Keys

    def matches(self, place: Place) -> tuple[EventMatch, ...]:
        at = place.below(*self.keys)
        return (match_of(self.what, at),) if isinstance(self.what, Event) else answers_to(self.what, at)


Sought = one_of({"event": Text, "message": Answer, "several": Several}, _for_form, "is nothing to wait for")


class For(Filtered):
    """For an event, for feedback on a message, or for the first of several; at most `timeout`. `then` is where what
    was waited for leads, `else` where the timeout does; on, unless told. Of two at one instant the first of the
    file wins."""

    for_: Sought = Field(alias="for")  # type: ignore[valid-type]
    timeout: Span
    then: Steps | None = None
    else_: Steps | None = Field(None, alias="else")

    @model_validator(mode="after")
    def _of_one_mind(self) -> For:
        if self.where and not isinstance(self.for_, str):
            raise ValueError("has where; expected it beside one event's name, or inside each of several")
        if self.then is not None and isinstance(self.for_, tuple):
            raise ValueError("has then; expected one inside each of several")
        return self

    def heard(self) -> Iterator[Listening]:
        """Each thing listened for."""
        if isinstance(self.for_, tuple):
            for number, each in enumerate(self.for_):
                yield Listening(each, ("for", number), each.then, ("for", number, "then"))
        elif isinstance(self.for_, str):
            yield Listening(
                Event.model_construct(event=self.for_, where=self.where), (), self.then, ("then",)
            )
        else:
            yield Listening(self.for_, ("for",), self.then, ("then",))

    def blocks(self) -> Iterator[tuple[Keys, Steps]]:
        for each in self.heard():
            if each.then is not None:
                yield each.then_keys, each.then
        if self.else_ is not None:
            yield ("else",), self.else_

    def in_words(self) -> str:
        return "|".join(
            each.what.event if isinstance(each.what, Event) else f"{each.what.message} {each.what.was}"
            for each in self.heard()
        )

    def compile(self, names: Names, place: Place, following: str) -> str:
        leads = {"timeout": following if self.else_ is None else place.block(self.else_, following, "else")}
        branches: list[WaitBranch] = []
        for each in self.heard():
            to = following if each.then is None else place.block(each.then, following, *each.then_keys)
            for match in each.matches(place):
                branches.append(WaitBranch(match))
                leads[str(len(branches))] = to
        return place.add(Wait(**names, branches=tuple(branches), timeout=self.timeout), leads)
