"""Where one person stands in one journey."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from activation.contract import enrolment_id
from activation.journeys.graph import Branch, Graph, MessageCondition, Node

ENTERED = "entered"


class Leave(NamedTuple):
    """When a node is left and by which label; `is_late`: because of an event that was learned late."""

    at: int
    label: str
    is_late: bool = False


@dataclass
class Enrolment:
    """`planned` names the message that each step planned last, `outcomes` what became of a message that parked."""

    graph: Graph
    profile_id: str
    key: str
    entered_at: int
    node_id: str
    at: int
    exit: Leave
    is_parked: bool = False
    decided_at: int = -1
    depth: int = 0
    planned: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    enrolment_id: str = ""

    def __post_init__(self) -> None:
        self.enrolment_id = enrolment_id(
            self.graph.journey, self.profile_id, self.key, as_datetime(self.entered_at)
        )

    @property
    def node(self) -> Node:
        return next(each for each in self.graph.nodes if each.node_id == self.node_id)

    def asks_outcome_of(self, step_id: str) -> bool:
        """Whether a later step asks if that step's message was sent: then the outcome is waited for."""
        asked = [
            each
            for node in self.graph.nodes
            if isinstance(node, Branch)
            for line in node.branches
            for each in line
        ]
        return any(
            isinstance(each, MessageCondition)
            and each.step_id == step_id
            and each.status in ("sent", "withheld")
            for each in asked
        )

    def leads_to(self, label: str) -> str:
        return next(e.to for e in self.graph.edges if e.node_id == self.node_id and e.label == label)


def as_datetime(at: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
