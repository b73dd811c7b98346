"""When and by which label an enrolment leaves the node at which it stands: a function a kind of node."""

from __future__ import annotations

import re
from datetime import datetime
from functools import singledispatch
from itertools import accumulate

from activation.journeys.graph import (
    Branch,
    Delay,
    Effect,
    Experiment,
    Message,
    Node,
    Ranked,
    Split,
    UntilAttribute,
    UntilLocal,
    Wait,
    Window,
)
from kith.ids import share
from tests.journeys_reference import wall_clock
from tests.journeys_reference.enrolment import Enrolment, Leave
from tests.journeys_reference.judgement import decision_time
from tests.journeys_reference.questions import first_event, holds, number
from tests.journeys_reference.world import Person, World, in_force

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d(?:\.\d{1,6})?)Z?)?")


@singledispatch
def leaves(node: Node, person: Person, enrolment: Enrolment, world: World) -> Leave:
    raise TypeError(f"no node of the kind {type(node).__name__}")


@leaves.register
def _(node: Delay, person: Person, enrolment: Enrolment, world: World) -> Leave:
    return Leave(enrolment.at + node.span, "next")


@leaves.register
def _(node: UntilLocal, person: Person, enrolment: Enrolment, world: World) -> Leave:
    return Leave(wall_clock.until_local(enrolment.at, person.zone, node.time_of_day, node.weekdays), "next")


@leaves.register
def _(node: Window, person: Person, enrolment: Enrolment, world: World) -> Leave:
    return Leave(wall_clock.window(enrolment.at, person.zone, node.opens, node.closes, node.weekdays), "next")


@leaves.register
def _(node: UntilAttribute, person: Person, enrolment: Enrolment, world: World) -> Leave:
    value = in_force(person.attributes.get(node.attribute, ()), enrolment.at)
    instant = read_instant(value, person.zone)
    if instant is None or instant + node.offset <= enrolment.at:
        return Leave(enrolment.at, "missed")
    return Leave(instant + node.offset, "next")


def read_instant(text: str | None, zone: str) -> int | None:
    """An instant in UTC, or the midnight in `zone` of a date without a time; None where the text is neither."""
    found = _INSTANT.fullmatch(text or "")
    if not found:
        return None
    wall = datetime.fromisoformat(found[1] + ("T" + found[2] if found[2] else ""))
    if found[2]:
        return (wall - wall_clock.EPOCH) // wall_clock.MICROSECOND
    return wall_clock.instants(wall, zone)[0]


@leaves.register
def _(node: Wait, person: Person, enrolment: Enrolment, world: World) -> Leave:
    deadline = enrolment.at + node.timeout
    found = first_event(person, [each.match for each in node.branches], enrolment, enrolment.at, deadline)
    return Leave(found[0], str(found[1]), found[2]) if found else Leave(deadline, "timeout")


@leaves.register
def _(node: Branch, person: Person, enrolment: Enrolment, world: World) -> Leave:
    for order, conditions in enumerate(node.branches, 1):
        if all(holds(each, person, enrolment, enrolment.at) for each in conditions):
            return Leave(enrolment.at, str(order))
    return Leave(enrolment.at, "else")


@leaves.register
def _(node: Ranked, person: Person, enrolment: Enrolment, world: World) -> Leave:
    values = []
    for order, (kind, name) in enumerate(node.operands, 1):
        value = in_force(
            (person.scores if kind == "score" else person.attributes).get(name, ()), enrolment.at
        )
        read = number(repr(value) if kind == "score" and value is not None else value)
        if read is not None:
            values.append((-float(read), order))
    return Leave(enrolment.at, str(min(values)[1]) if values else "else")


@leaves.register
def _(node: Split, person: Person, enrolment: Enrolment, world: World) -> Leave:
    draw = share(enrolment.enrolment_id, f"split:{enrolment.graph.journey}:{node.node_id}")
    return Leave(enrolment.at, _drawn(draw, node.shares))


@leaves.register
def _(node: Experiment, person: Person, enrolment: Enrolment, world: World) -> Leave:
    won = [
        (since, label)
        for journey, step_id, label, since in world.winners
        if (journey, step_id) == (enrolment.graph.journey, node.step_id) and since <= enrolment.at
    ]
    if won:
        return Leave(enrolment.at, max(won)[1])
    return Leave(enrolment.at, _drawn(share(person.profile_id, f"experiment:{node.experiment}"), node.shares))


def _drawn(draw: float, shares: tuple[int, ...]) -> str:
    return next(str(order) for order, edge in enumerate(accumulate(shares), 1) if draw * 10_000 < edge)


@leaves.register
def _(node: Effect, person: Person, enrolment: Enrolment, world: World) -> Leave:
    return Leave(enrolment.at, "next")


@leaves.register
def _(node: Message, person: Person, enrolment: Enrolment, world: World) -> Leave:
    return Leave(decision_time(node, person, enrolment.at, world), "message")
