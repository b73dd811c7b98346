"""Which events a file means: by name with filters on their properties, or as feedback on a message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from activation.journeys.graph import EventMatch, PropertyFilter
from activation.segments.grammar.behaviour import Filtered
from activation.segments.grammar.comparisons import Property, Strict
from activation.segments.messages import ANSWERS, SENT
from activation.segments.operands import Name
from activation.segments.reading import operands_of

if TYPE_CHECKING:
    from activation.journeys.language.step import Place

#: What a message's feedback says, and by which events channels say it.
FEEDBACK: Mapping[str, tuple[str, ...]] = {"sent": (SENT,), **ANSWERS}

Feedback = Literal[
    "sent", "delivered", "opened", "clicked", "bounced", "complained", "replied", "unsubscribed"
]


class Event(Filtered):
    """An event by name whose properties pass every filter, `{event: Order Completed, where: {total: …}}`."""

    event: Name


class Answer(Strict):
    """Feedback on a message that this journey sends, `{message: winback_offer, was: clicked}`."""

    message: Name
    was: Feedback


def filters(where: Mapping[str, Property], place: Place, *keys: str) -> tuple[PropertyFilter, ...]:
    """The filters of a `where`, checked as a segment's are. Raises KithError where a path or an operand is none."""
    found = []
    for name, given in where.items():
        if not all(name.split(".")):
            raise place.error(
                f"'{name}' is no path of a property", *keys, name, expected="such as total or cart.total"
            )
        values = operands_of(given.operand)
        kinds = {
            bool if isinstance(each, bool) else str if isinstance(each, str) else float for each in values
        }
        if len(kinds) > 1:
            raise place.error("mixes types", *keys, name, expected="values of one type")
        if given.operator == "between" and values[0] > values[1]:
            raise place.error("is empty", *keys, name, expected="the lower bound first")
        found.append(PropertyFilter(name, given.operator, given.operand))
    return tuple(found)


def match_of(event: Event, place: Place, *keys: str) -> EventMatch:
    """The match of an event with its filters."""
    return EventMatch(event.event, filters(event.where, place, *keys, "where"))


def answers_to(answer: Answer, place: Place, *keys: str) -> tuple[EventMatch, ...]:
    """One match for each event by which some channel says so."""
    step_id = place.sending(answer.message, *keys, "message")
    return tuple(EventMatch(name, (), step_id) for name in FEEDBACK[answer.was])
