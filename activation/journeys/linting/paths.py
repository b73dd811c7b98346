"""Ways that nobody can go, loops that run without time passing, questions about messages not yet planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from activation.journeys.graph import Branch, Graph, Message, MessageCondition, Wait
from activation.journeys.language.compilation import drafted
from activation.journeys.language.draft import Draft
from activation.journeys.language.step import Keys, Place, Step
from activation.journeys.language.values import HOUR
from activation.journeys.linting.durations import FOREVER, shortest
from activation.journeys.linting.findings import Finding, Severity, at
from activation.journeys.steps.branch import BranchStep, Case
from activation.journeys.steps.repeat import RepeatStep
from activation.journeys.steps.throttle import Throttle
from kith.definitions import Definition

_LAP = "next lap"
Parts = Mapping[str, Definition[Any]]


def findings(definition: Definition[Any], graph: Graph, parts: Parts) -> Iterator[Finding]:
    """Of one journey that compiles."""
    draft, _ = drafted(definition, parts)
    yield from _unreachable(definition, graph, draft)
    yield from _asked_too_early(graph, draft)
    for keys, step in definition.body.every_step():
        if isinstance(step, RepeatStep):
            yield from _without_clock(definition, keys, step, parts)
        elif isinstance(step, BranchStep):
            yield from _same_cases(definition, keys, step)
        elif isinstance(step, Throttle) and not any(hasattr(each, "send") for each in _inside(step)):
            problem, way_out = "there is no message inside to slow down", "put its messages into steps"
            yield Finding(
                at(definition, (*keys, "throttle")), problem, way_out, "idle_step", Severity.WARNING
            )


def _inside(step: Step) -> Iterator[Step]:
    for _, block in step.blocks():
        for each in block:
            if isinstance(each, Step):
                yield each
                yield from _inside(each)


def _unreachable(definition: Definition[Any], graph: Graph, draft: Draft) -> Iterator[Finding]:
    """The first of each block that nobody comes to, and nothing inside it."""
    reached = {node.step_id for node in graph.nodes}
    lost = {node.step_id for node in draft.nodes} - reached
    told: list[Keys] = []
    for keys, step in definition.body.every_step():
        is_inside = any(keys[: len(each)] == each for each in told)
        is_later = any(keys[:-1] == each[:-1] for each in told)
        if step.step_id() in lost and not is_inside and not is_later:
            told.append(keys)
            way_out = "take it out, or let some way lead on to it"
            yield Finding(at(definition, keys), "nobody can come here", way_out, "unreachable_step")


def _asked_too_early(graph: Graph, draft: Draft) -> Iterator[Finding]:
    messages = {node.step_id: [] for node in graph.nodes if isinstance(node, Message)}
    for node in graph.nodes:
        if isinstance(node, Message):
            messages[node.step_id].append(node.node_id)
    for node in graph.nodes:
        for step_id in _asked(node):
            times = shortest(graph.nodes, graph.edges, [node.node_id])
            if all(times[each] >= FOREVER for each in messages.get(step_id, ())):
                problem = f"asks about {step_id}, which can't have been planned by then"
                where = draft.taken.get(node.step_id, "")
                yield Finding(where, problem, "ask after the message", "asked_too_early")


def _asked(node: object) -> Iterator[str]:
    if isinstance(node, Branch):
        asked = [each for branch in node.branches for each in branch if isinstance(each, MessageCondition)]
        yield from dict.fromkeys(each.step_id for each in asked)
    elif isinstance(node, Wait):
        found = [each.match.of_message for each in node.branches if each.match.of_message]
        yield from dict.fromkeys(found)


def _without_clock(
    definition: Definition[Any], keys: Keys, step: RepeatStep, parts: Parts
) -> Iterator[Finding]:
    """A lap through which somebody can come in less than an hour."""
    draft = Draft(parts)
    place = Place(draft, definition)
    place.claim(definition.body.steps, "steps")
    first = Place(draft, definition, (*keys, "repeat")).block(step.repeat.steps, _LAP, "steps")
    times = shortest(tuple(reversed(draft.nodes)), draft.edges, [_LAP])
    if times.get(first, FOREVER) < HOUR:
        problem = "a lap can pass in less than an hour"
        way_out = "put a wait of an hour or more on every way through its steps"
        yield Finding(at(definition, (*keys, "repeat")), problem, way_out, "loop_without_clock")
    if times.get(first, FOREVER) >= FOREVER:
        problem, way_out = "no lap comes to its end, so there is never a second", "take the repeat out"
        yield Finding(at(definition, (*keys, "repeat")), problem, way_out, "idle_step", Severity.WARNING)


def _same_cases(definition: Definition[Any], keys: Keys, step: BranchStep) -> Iterator[Finding]:
    seen: list[object] = []
    for number, case in enumerate(step.branch):
        if isinstance(case, Case):
            if case.if_ in seen:
                problem, way_out = "an earlier case asks the same, so nobody comes here", "ask something else"
                place = at(definition, (*keys, "branch", number, "if"))
                yield Finding(place, problem, way_out, "unreachable_case")
            seen.append(case.if_)
