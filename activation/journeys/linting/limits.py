"""Caps and budgets that a definition runs into by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from activation.gates._caps import Cap, Limit
from activation.journeys.deciding.budgets import Budget
from activation.journeys.graph import Graph, Message, ScheduleEntry
from activation.journeys.language.step import Keys
from activation.journeys.language.values import DAY
from activation.journeys.linting.durations import FOREVER, shortest
from activation.journeys.linting.findings import Finding, Severity, at
from kith.definitions import Definition

_CALENDAR = {"local day": DAY, "local week": 7 * DAY, "local month": 28 * DAY}


def findings(
    definition: Definition[Any],
    graph: Graph,
    caps: Mapping[str, Cap],
    budgets: Iterable[Budget],
    places: Mapping[str, Keys],
) -> Iterator[Finding]:
    """`places` says where each step stands that sends."""
    yield from _too_close(definition, graph, caps, places)
    yield from _too_often(definition, graph, caps)
    yield from _parked_on_budget(definition, graph, budgets, places)


def _counted(graph: Graph, cap: Cap) -> list[Message]:
    """The messages that take a place in the cap, by whichever channel they leave."""
    return [
        node
        for node in graph.nodes
        if isinstance(node, Message)
        and not node.is_transactional
        and all(cap.counts(node.purpose, channel, node.tags) for channel in node.channels)
    ]


def _too_close(
    definition: Definition[Any], graph: Graph, caps: Mapping[str, Cap], places: Mapping[str, Keys]
) -> Iterator[Finding]:
    """One more message than a cap allows, on a way that even at its slowest lies within the cap's window."""
    told: set[str] = set()
    for name in sorted(set(graph.caps) & set(caps)):
        messages = _counted(graph, caps[name])
        between = _between(graph, messages)
        for limit in caps[name].limits:
            for step_id in _over(messages, between, limit):
                if step_id not in told:
                    told.add(step_id)
                    problem = f"the cap {name} ({limit.at_most} per {limit.per}) withholds it from who got those before"
                    way_out = "wait longer before it, or leave it out of the cap"
                    where = at(definition, places.get(step_id, ()))
                    yield Finding(where, problem, way_out, "cap_conflict", Severity.WARNING)


def _between(graph: Graph, messages: Iterable[Message]) -> Mapping[tuple[str, str], int]:
    """The slowest passage of the quickest way from each message to each that comes next."""
    ids = [each.node_id for each in messages]
    found: dict[tuple[str, str], int] = {}
    for later in ids:
        times = shortest(graph.nodes, graph.edges, [later], longest=True, stops=ids)
        found |= {(earlier, later): times[earlier] for earlier in ids if earlier != later}
    return found


def _over(messages: list[Message], between: Mapping[tuple[str, str], int], limit: Limit) -> Iterator[str]:
    window = limit.microseconds or _CALENDAR.get(limit.per, 0) // 2
    times = {each.node_id: 0 for each in messages}
    for _ in range(limit.at_most):
        times = {
            later: min([FOREVER, *(times[one] + between.get((one, later), FOREVER) for one in times)])
            for later in times
        }
    yield from (each.step_id for each in messages if times[each.node_id] < window)


def _too_often(definition: Definition[Any], graph: Graph, caps: Mapping[str, Cap]) -> Iterator[Finding]:
    """A schedule that comes round more often than a cap allows."""
    if not isinstance(graph.entry, ScheduleEntry) or (graph.reentry.rule, graph.reentry.after) == ("once", 0):
        return
    for name in sorted(set(graph.caps) & set(caps)):
        for limit in caps[name].limits:
            times = _occurrences(graph.entry.rule, limit.microseconds or _CALENDAR.get(limit.per, 0))
            if _counted(graph, caps[name]) and times > limit.at_most:
                problem = (
                    f"comes {times} times while the cap {name} lets {limit.at_most} through (per {limit.per})"
                )
                keys = ("schedule",) if "schedule" in definition.document else ("enter", "schedule")
                way_out = "make it rarer, or leave it out of the cap"
                yield Finding(at(definition, keys), problem, way_out, "cap_conflict", Severity.WARNING)
                return


def _occurrences(rule: str, window: int) -> int:
    """How often a schedule comes in a window, about."""
    days = window / DAY
    if rule.startswith("daily"):
        return int(days)
    weekly = re.match(r"weekly (\S+)", rule)
    return int(days / 7 * len(weekly[1].split(","))) if weekly else int(days / 31)


def _parked_on_budget(
    definition: Definition[Any], graph: Graph, budgets: Iterable[Budget], places: Mapping[str, Keys]
) -> Iterator[Finding]:
    """Budgets and throttles come last, over all people; who waits for the outcome has gone on by then."""
    for node in graph.nodes:
        if not isinstance(node, Message) or not node.parks or node.is_transactional:
            continue
        bound = [
            each.name
            for each in budgets
            if any(each.counts(graph.journey, channel, node.tags) for channel in node.channels)
        ]
        if bound or node.rate:
            what = bound[0] if bound else f"the throttle of {node.rate}"
            problem = (
                f"the way on depends on its outcome, which {what} may change after the person has gone on"
            )
            way_out = "ask for feedback instead of the outcome, or take the message out of it"
            where = at(definition, places.get(node.step_id, ()))
            yield Finding(where, problem, way_out, "budget_on_outcome", Severity.WARNING)
