"""What a journey asks about a person at an instant, and which events it looks for.

A question at `t` reads history tables whose rows hold in [from, to): the value in force at `t` itself. What takes
effect at `t` (an event's `effective_at`, a segment's evaluation, a score's) is known at `t`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PropertyFilter:
    """One filter on a property of an event, with the words and the meaning of a segment's `where`.

    `operand` is a scalar, or a tuple for `in`, `not_in` and `between`.
    """

    name: str
    operator: str
    operand: Any


@dataclass(frozen=True)
class EventMatch:
    """Events by name whose properties pass every filter.

    `of_message`: only feedback on the message that this enrolment planned last at that step (the event's
    property `message_id` is its id); empty for any event.
    """

    event: str
    where: tuple[PropertyFilter, ...] = ()
    of_message: str = ""


@dataclass(frozen=True)
class AttributeCondition:
    """A trait or computed attribute as of `t`, compared with the words of a segment's attribute leaf."""

    attribute: str
    operator: str
    operand: Any


#: A segment of this name and a list's is that uploaded list: who is on it, from its upload on.
LIST_PREFIX = "list:"


@dataclass(frozen=True)
class SegmentCondition:
    """Membership as of `t`."""

    segment: str
    is_member: bool = True


@dataclass(frozen=True)
class EventCondition:
    """Whether such an event took effect in (t - within, t], or ever up to `t` where `within` is None."""

    match: EventMatch
    within: int | None = None
    happened: bool = True


@dataclass(frozen=True)
class ScoreCondition:
    """The model's last score at or before `t`; who has none satisfies nothing."""

    score: str
    operator: str
    operand: Any


@dataclass(frozen=True)
class MessageCondition:
    """What became, up to `t`, of the message that this enrolment planned last at `step_id`.

    `status` is one of activation.contract.Status, or `sent`, `withheld`; false where none was planned.
    """

    step_id: str
    status: str
    happened: bool = True


Condition = AttributeCondition | SegmentCondition | EventCondition | ScoreCondition | MessageCondition
