"""A message: left at its decision time; one whose next step depends on the outcome parks there."""

from collections.abc import Iterable
from typing import Any

from activation.contract import Status
from activation.journeys.graph import Branch, Graph, Message, MessageCondition
from activation.journeys.moves.contract import Move, Place, Relation

#: What becomes known of a message only once the gates have judged.
OUTCOMES = ("sent", "withheld")


def _row(place: Place) -> Iterable[tuple[Any, ...]]:
    node: Message = place.node
    step = place.codes.step(place.graph, node.step_id) if node.step_id in asked_steps(place.graph) else None
    waits = node.parks or node.step_id in _outcomes_asked(place.graph)
    yield place.code, place.graph.journey, node.step_id, place.graph.priority, node.parks, waits, step


def asked_steps(graph: Graph) -> set[str]:
    """The message steps that a wait, an exit or a condition asks about."""
    branches = [
        each.match for node in graph.nodes for each in getattr(node, "branches", ()) if hasattr(each, "match")
    ]
    conditions = [each for node in graph.nodes if isinstance(node, Branch) for each in _conditions(node)]
    matches = [*branches, *(each.match for each in conditions if hasattr(each, "match"))]
    matches += [rule.when for rule in graph.exits]
    asked = {each.step_id for each in conditions if isinstance(each, MessageCondition)}
    return asked | {of for each in matches if (of := getattr(each, "of_message", ""))}


def _conditions(node: Branch) -> list[Any]:
    return [each for branch in node.branches for each in branch]


def _outcomes_asked(graph: Graph) -> set[str]:
    conditions = [each for node in graph.nodes if isinstance(node, Branch) for each in _conditions(node)]
    return {
        each.step_id
        for each in conditions
        if isinstance(each, MessageCondition) and each.status not in set(Status)
    }


plugin = Move(
    Message,
    (
        Relation(
            "planning_nodes",
            "node INTEGER, journey TEXT, step_id TEXT, priority BIGINT, parks BOOLEAN, waits BOOLEAN, step INTEGER",
            _row,
        ),
    ),
    """
    -- One row per enrolment at a message. Once a tick has told when it is to be decided, that holds.
    SELECT t.* EXCLUDE (decided_at), coalesce(t.due, t.decided_at) AS left_at,
           CASE WHEN n.waits THEN -9 ELSE -8 END AS label, false AS is_late
    FROM ({timed}) AS t
    JOIN planning_nodes AS n ON n.node = t.node
    """,
)
