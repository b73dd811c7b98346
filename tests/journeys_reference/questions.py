"""What is asked about one person at one instant, by reading their whole log each time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from functools import singledispatch
from typing import Any

from activation.journeys.graph import (
    AttributeCondition,
    Condition,
    EventCondition,
    EventMatch,
    MessageCondition,
    PropertyFilter,
    ScoreCondition,
    SegmentCondition,
)
from activation.segments.messages import ANSWERS
from tests.journeys_reference.enrolment import Enrolment
from tests.journeys_reference.world import FOREVER, Event, Person, in_force

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "is": lambda value, operand: value == operand,
    "is_not": lambda value, operand: value != operand,
    "in": lambda value, operand: value in operand,
    "not_in": lambda value, operand: value not in operand,
    "greater": lambda value, operand: value > operand,
    "less": lambda value, operand: value < operand,
    "at_least": lambda value, operand: value >= operand,
    "at_most": lambda value, operand: value <= operand,
    "between": lambda value, operand: operand[0] <= value <= operand[1],
    "contains": lambda value, operand: operand in value,
    "starts_with": lambda value, operand: value.startswith(operand),
    "ends_with": lambda value, operand: value.endswith(operand),
}


def text_of(value: Any) -> str | None:
    """A property as the text that a filter reads."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def compares(text: str | None, operator: str, operand: Any) -> bool:
    """A text against an operand, read as the operand's kind; what doesn't read as one is missing."""
    first = operand[0] if isinstance(operand, tuple) else operand
    value = _read(text, first) if operator != "missing" else text
    if operator == "missing":
        return (value is None) == operand
    if value is None:
        return False
    exact = tuple(map(_exact, operand)) if isinstance(operand, tuple) else _exact(operand)
    return _COMPARISONS[operator](value, exact)


def _read(text: str | None, operand: Any) -> Any:
    if isinstance(operand, bool):
        return {"true": True, "false": False}.get(text or "")
    if isinstance(operand, int | float | Decimal):
        return number(text)
    return text


def _exact(operand: Any) -> Any:
    return (
        Decimal(str(operand))
        if isinstance(operand, int | float) and not isinstance(operand, bool)
        else operand
    )


def number(text: str | None) -> Decimal | None:
    try:
        found = Decimal(text or "")
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def matches(event: Event, match: EventMatch, enrolment: Enrolment | None) -> bool:
    """Whether an event is one that is looked for; feedback is on the message planned last at its step."""
    if event.name != match.event or not all(_passes(event, each) for each in match.where):
        return False
    if not match.of_message:
        return True
    planned = enrolment.planned.get(match.of_message) if enrolment else None
    return planned is not None and event.message_id == planned


def _passes(event: Event, each: PropertyFilter) -> bool:
    return compares(text_of(event.properties.get(each.name)), each.operator, each.operand)


def first_event(
    person: Person, branches: Sequence[EventMatch], enrolment: Enrolment | None, after: int, last: int
) -> tuple[int, int, bool] | None:
    """(instant, number from 1, is late) of the first event in (after, last] that matches a branch."""
    hits = [
        (event.effective_at, number, event.is_late)
        for event in person.events
        for number, match in enumerate(branches, 1)
        if after < event.effective_at <= last and matches(event, match, enrolment)
    ]
    return min(hits, default=None)


def is_member(person: Person, segment: str, at: int) -> bool:
    return in_force(person.segments.get(segment, ()), at) is not None


def first_change(person: Person, segment: str, *, entered: bool, after: int) -> int | None:
    """The first entry into (leaving of) a segment strictly after an instant."""
    spells = person.segments.get(segment, ())
    changes = [each.since if entered else each.until for each in spells]
    return min((each for each in changes if after < each < FOREVER), default=None)


@singledispatch
def holds(condition: Condition, person: Person, enrolment: Enrolment, at: int) -> bool:
    raise TypeError(f"no question of the kind {type(condition).__name__}")


@holds.register
def _(condition: AttributeCondition, person: Person, enrolment: Enrolment, at: int) -> bool:
    value = in_force(person.attributes.get(condition.attribute, ()), at)
    return compares(value, condition.operator, condition.operand)


@holds.register
def _(condition: SegmentCondition, person: Person, enrolment: Enrolment, at: int) -> bool:
    return is_member(person, condition.segment, at) == condition.is_member


@holds.register
def _(condition: EventCondition, person: Person, enrolment: Enrolment, at: int) -> bool:
    after = -FOREVER if condition.within is None else at - condition.within
    found = first_event(person, [condition.match], enrolment, after, at)
    return (found is not None) == condition.happened


@holds.register
def _(condition: ScoreCondition, person: Person, enrolment: Enrolment, at: int) -> bool:
    value = in_force(person.scores.get(condition.score, ()), at)
    return value is not None and compares(repr(value), condition.operator, condition.operand)


@holds.register
def _(condition: MessageCondition, person: Person, enrolment: Enrolment, at: int) -> bool:
    message = enrolment.planned.get(condition.step_id)
    if message is None:
        return False
    if condition.status in ("sent", "withheld"):
        outcome = enrolment.outcomes.get(message)
        return (outcome == condition.status) == condition.happened
    names = ANSWERS[condition.status]
    heard = any(
        each.name in names and each.message_id == message and each.effective_at <= at
        for each in person.events
    )
    return heard == condition.happened
