"""Leaves about messages as terms of behaviour: messages stand among the events (see `messages`)."""

from __future__ import annotations

from datetime import timedelta

from activation.segments.behaviour_reading import AT_LEAST_ONCE, KINDS, NEVER, BehaviourReading
from activation.segments.grammar import Message
from activation.segments.grammar.messages import ANY
from activation.segments.messages import message_event
from activation.segments.reading import Keys, typed_comparison
from activation.segments.terms import (
    COUNT,
    BehaviourTerm,
    Comparison,
    Filter,
    Group,
    Happening,
    Kind,
    Measure,
    Occurrence,
    RecentTerm,
    SequenceTerm,
    Tree,
)

MESSAGE_ID = ("message_id",)
CONVERSION, CONVERSION_GAP = "Order Completed", timedelta(days=7)


def read_message(behaviour: BehaviourReading, condition: Message, keys: Keys) -> Tree:
    """Once is an occurrence, a count one of different messages, a conversion a sequence."""
    about = _about(condition)
    if condition.status == "converted":
        converted = _conversion(condition, about)
        return converted if condition.was else Group("none", (converted,))
    answer = Occurrence(message_event(condition.status), about)
    if condition.of_last is not None:
        sent = Happening(Occurrence(message_event("sent"), about), condition.within)
        comparison = _count(behaviour, condition, keys)
        return RecentTerm(sent, condition.of_last, Occurrence(answer.event), MESSAGE_ID, comparison)
    measure = Measure("distinct", MESSAGE_ID) if condition.count else COUNT
    return BehaviourTerm(Happening(answer, condition.within), measure, _count(behaviour, condition, keys))


def _count(behaviour: BehaviourReading, condition: Message, keys: Keys) -> Comparison:
    if condition.count is None:
        return AT_LEAST_ONCE if condition.was else NEVER
    kind, what = KINDS["count"], "the count is a whole number"
    place = (*keys, "count")
    return typed_comparison(
        behaviour.definition, condition.count, kind, place, what, behaviour.as_of, behaviour.zone
    )


def _conversion(condition: Message, about: frozenset[Filter]) -> SequenceTerm:
    gap = (condition.gap or CONVERSION_GAP) // timedelta(microseconds=1)
    bought = Occurrence(condition.by or CONVERSION)
    return SequenceTerm(Occurrence(message_event("sent"), about), bought, None, gap, condition.within)


def _about(condition: Message) -> frozenset[Filter]:
    """Which messages: their facts are texts, compared as they stand."""
    wanted = {
        "template": None if condition.message == ANY else condition.message,
        "campaign": condition.campaign or condition.journey,
        "step_id": condition.step,
        "channel": condition.channel,
    }
    return frozenset(
        Filter((name,), Kind.TEXT, Comparison("is", (text,))) for name, text in wanted.items() if text
    )
