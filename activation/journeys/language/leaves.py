"""What a step asks about a person: the leaves.

Every leaf is true or false, as in a segment: of a missing value all comparisons are false but `missing: true`.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from activation.journeys.graph import (
    LIST_PREFIX,
    AttributeCondition,
    Condition,
    EventCondition,
    MessageCondition,
    ScoreCondition,
    SegmentCondition,
)
from activation.journeys.graph import EventMatch as Match
from activation.journeys.language.matches import filters
from activation.journeys.language.values import Span
from activation.segments.grammar.behaviour import Filtered
from activation.segments.grammar.comparisons import NumberComparison, Strict
from activation.segments.grammar.people import Attribute as AttributeLeaf
from activation.segments.grammar.people import Listed as ListedLeaf
from activation.segments.operands import Name

if TYPE_CHECKING:
    from activation.journeys.language.step import Place

Alternatives = tuple[tuple[Condition, ...], ...]
OUTCOMES = ("sent", "withheld")
Status = Literal[
    "sent", "withheld", "delivered", "opened", "clicked", "bounced", "complained", "replied", "unsubscribed"
]


class Asked(Strict):
    """A leaf or a group."""

    @abstractmethod
    def alternatives(self, place: Place, is_held: bool = True) -> Alternatives:
        """Of these at least one holds, each if all in it do; or, unless `is_held`, of the opposite."""

    @abstractmethod
    def in_words(self) -> str:
        """A short name, for ids of steps."""


class Attribute(AttributeLeaf, Asked):
    """A trait or computed attribute, `{attribute: country, is: GB}`, with a segment's comparisons."""

    def alternatives(self, place: Place, is_held: bool = True) -> Alternatives:
        held = AttributeCondition(self.attribute, self.operator, self.operand)
        if is_held:
            return ((held,),)
        if self.operator == "missing":
            return ((AttributeCondition(self.attribute, "missing", not self.operand),),)
        unknown = AttributeCondition(self.attribute, "missing", True)
        opposites = _opposites(self, place, self.operator, self.operand)
        return (*((AttributeCondition(self.attribute, *each),) for each in opposites), (unknown,))

    def in_words(self) -> str:
        return self.attribute


class Segment(Asked):
    """Membership, `{segment: big_spenders}`; `{segment: big_spenders, is: out}` of who isn't in it."""

    segment: Name
    is_: Literal["in", "out"] = Field("in", alias="is")

    def alternatives(self, place: Place, is_held: bool = True) -> Alternatives:
        return ((SegmentCondition(self.segment, (self.is_ == "in") == is_held),),)

    def in_words(self) -> str:
        return self.segment


class Listed(ListedLeaf, Asked):
    """Who is on an uploaded list, `{list: vip}`."""

    def alternatives(self, place: Place, is_held: bool = True) -> Alternatives:
        return ((SegmentCondition(f"{LIST_PREFIX}{self.list}", is_held),),)

    def in_words(self) -> str:
        return self.list


class Behaviour(Filtered, Asked):
    """Such an event in a span of elapsed time up to now, or ever."""

    within: Span | None = None

    def asked(self, place: Place, event: str, happened: bool) -> Alternatives:
        match = Match(event, filters(self.where, place, "where"))
        return ((EventCondition(match, self.within, happened),),)


class Did(Behaviour):
    """`{did: Order Completed, within: 7d}`: at least once. The window is elapsed time, exact to the second."""

    did: Name

    def alternatives(self, place: Place, is_held: bool = True) -> Alternatives:
        return self.asked(place, self.did, is_held)

    def in_words(self) -> str:
        return self.did


class DidNot(Behaviour):
    """`{did_not: Order Completed, within: 7d}`: never."""

    did_not: Name

    def alternatives(self, place: Place, is_held: bool = True) -> Alternatives:
        return self.asked(place, self.did_not, not is_held)

    def in_words(self) -> str:
        return f"not {self.did_not}"


class Score(NumberComparison, Asked):
    """A model's last score, `{score: churn, at_least: 0.6}`; who has none satisfies nothing and takes the `else`."""

    score: Name

    def alternatives(self, place: Place, is_held: bool = True) -> Alternatives:
        if not is_held:
            raise place.error(
                "a score can't be asked under none: who has no score would be in",
                way_out="ask for the opposite comparison, such as less instead of at_least",
            )
        return ((ScoreCondition(self.score, self.operator, self.operand),),)

    def in_words(self) -> str:
        return self.score


class Message(Asked):
    """What became of the message that this journey planned last at a step, `{message: winback_offer, was: opened}`.

    `message` is the template or the step's id; `sent` and `withheld` are the plan's decision, the rest feedback.
    """

    message: Name
    was: Status | None = None
    was_not: Status | None = None

    def alternatives(self, place: Place, is_held: bool = True) -> Alternatives:
        if (self.was is None) == (self.was_not is None):
            raise place.error("has not exactly one of was and was_not", expected="one of them")
        step_id = place.sending(self.message, "message")
        if (status := self.was or self.was_not or "") in OUTCOMES:
            place.await_outcome(step_id)
        return ((MessageCondition(step_id, status, (self.was is not None) == is_held),),)

    def in_words(self) -> str:
        return f"{self.message} {self.was or f'not {self.was_not}'}"


_REVERSED = {"is": "is_not", "in": "not_in", "greater": "at_most", "less": "at_least"}
_OPPOSITE = {**_REVERSED, **{other: one for one, other in _REVERSED.items()}}


def _opposites(leaf: AttributeLeaf, place: Place, operator: str, operand: Any) -> list[tuple[str, Any]]:
    """The comparisons of which one holds of every value that fails this one."""
    if operator == "between":
        return [("less", operand[0]), ("greater", operand[1])]
    if operator in _OPPOSITE:
        return [(_OPPOSITE[operator], operand)]
    raise place.error(
        f"{operator} can't stand under none", operator, way_out="make it a segment, and ask for that"
    )
