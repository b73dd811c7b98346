"""What is wrong with several definitions together, or with one among the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from activation.journeys.campaign import Campaign
from activation.journeys.graph import (
    Branch,
    Effect,
    EventCondition,
    EventEntry,
    EventMatch,
    Experiment,
    Graph,
    Message,
    Wait,
)
from activation.journeys.language.step import Keys
from activation.journeys.linting.findings import Finding, Severity, at
from kith.definitions import Definition

Definitions = Mapping[str, Definition[Any]]


def findings(definitions: Definitions, graphs: Mapping[str, Graph]) -> Iterator[Finding]:
    """Of all definitions that compile."""
    yield from _circles(definitions, graphs)
    yield from _shared_experiments(definitions, graphs)
    for name, graph in graphs.items():
        yield from _without_holdout(definitions[name], graph)


def _circles(definitions: Definitions, graphs: Mapping[str, Graph]) -> Iterator[Finding]:
    """Journeys whose events lead back to themselves: they would feed each other for ever, and no backtest could
    run the one before the other."""
    emitted = {name: emits(graph) for name, graph in graphs.items()}
    leads = {
        name: [other for other, graph in graphs.items() if emitted[name] & reads(graph)] for name in graphs
    }
    for name in sorted(graphs):
        circle = _way_back(name, leads)
        if circle and name == min(circle):
            problem = f"its events lead back to itself: {' → '.join([*circle, name])}"
            way_out = "let one of them listen to another event"
            yield Finding(at(definitions[name], ("steps",)), problem, way_out, "event_circle")


def _way_back(start: str, leads: Mapping[str, list[str]]) -> list[str]:
    """The shortest circle through a journey, without its end."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop(0)
        for each in leads[way[-1]]:
            if each == start:
                return way
            if each not in seen:
                seen.add(each)
                ways.append([*way, each])
    return []


def emits(graph: Graph) -> set[str]:
    """The events that a journey makes."""
    nodes = [node for node in graph.nodes if isinstance(node, Effect) and node.what == "event"]
    return {str(node.payload["event"]) for node in nodes}


def reads(graph: Graph) -> set[str]:
    """The events that a journey listens to."""
    matches = [each.when for each in graph.exits if isinstance(each.when, EventMatch)]
    if isinstance(graph.entry, EventEntry):
        matches.append(graph.entry.match)
    for node in graph.nodes:
        if isinstance(node, Wait):
            matches += [each.match for each in node.branches if not each.match.of_message]
        elif isinstance(node, Branch):
            asked = [each for branch in node.branches for each in branch]
            matches += [each.match for each in asked if isinstance(each, EventCondition)]
    return {each.event for each in matches}


def _shared_experiments(definitions: Definitions, graphs: Mapping[str, Graph]) -> Iterator[Finding]:
    """Two experiments of one name would put the same people into the same variants."""
    owners: dict[str, tuple[str, str]] = {}
    for name, graph in sorted(graphs.items()):
        for node in graph.nodes:
            if isinstance(node, Experiment):
                owner = owners.setdefault(node.experiment, (name, node.step_id))
                if owner != (name, node.step_id):
                    problem = f"{owner[0]} has an experiment {node.experiment} too"
                    way_out = "give each a name of its own, or its draw is the other's"
                    where = at(definitions[name], _place_of(definitions[name], node.experiment))
                    yield Finding(where, problem, way_out, "shared_experiment")


def _place_of(definition: Definition[Any], experiment: str) -> Keys:
    if isinstance(definition.body, Campaign):
        return ("variants",)
    steps = definition.body.every_step()
    return next((keys for keys, step in steps if getattr(step, "experiment", None) == experiment), ("steps",))


def _without_holdout(definition: Definition[Any], graph: Graph) -> Iterator[Finding]:
    messages = [node for node in graph.nodes if isinstance(node, Message)]
    if graph.holdout or all(node.is_transactional for node in messages):
        return
    problem = "without a holdout nothing shows that it worked"
    yield Finding(
        at(definition, ("holdout",)),
        problem,
        "expected such as 'holdout: 10%'",
        "no_holdout",
        Severity.WARNING,
    )
