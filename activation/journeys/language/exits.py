"""What ends an enrolment from outside: `stop_when`, one or several, and `goal`."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from activation.journeys.graph import EventMatch, ExitRule, SegmentCondition
from activation.journeys.language.matches import filters
from activation.journeys.language.step import Place
from activation.journeys.language.values import Duration, Text, Word
from activation.segments.grammar.behaviour import Filtered
from activation.segments.operands import Name

WAYS = ("event", "segment", "left")


class Exit(Filtered):
    """An event with filters, or the entry into a segment, or (`left`) the leaving of one.

    `key` names the property of the event that must equal the key with which somebody came in, so that an order ends
    the cart that it is of and no other."""

    event: Name | None = None
    segment: Word | None = None
    left: Word | None = None
    key: Text | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Exit:
        given = [word for word in WAYS if getattr(self, word) is not None]
        if len(given) != 1:
            raise ValueError(
                f"has {' and '.join(given) or 'nothing'}; expected exactly one of {', '.join(WAYS)}"
            )
        if self.event is None and (self.where or self.key):
            raise ValueError(f"has {'where' if self.where else 'key'}; expected it beside event")
        return self

    def rule(self, place: Place, is_goal: bool = False) -> ExitRule:
        """The graph's rule."""
        if self.event is not None:
            return ExitRule(
                EventMatch(self.event, filters(self.where, place, "where")), is_goal, self.key or ""
            )
        return ExitRule(SegmentCondition(self.segment or self.left or "", self.left is None), is_goal)


class Goal(Exit):
    """What counts as a success. `within` is until when after a message it counts for that message; unless
    `ends: false`, it ends the enrolment too."""

    within: Duration | None = None
    ends: bool = True


State = Literal["draft", "live", "paused"]
