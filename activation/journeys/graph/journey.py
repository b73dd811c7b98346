"""One version of one journey as a graph."""

from __future__ import annotations

from dataclasses import dataclass, field

from activation.journeys.graph.conditions import EventMatch, SegmentCondition
from activation.journeys.graph.entries import Entry, Reentry
from activation.journeys.graph.nodes import Node

#: Where an edge leads that ends the enrolment, as `completed`.
EXIT = ""


@dataclass(frozen=True)
class Edge:
    """Who leaves `node_id` by `label` enters `to` at that instant; EXIT ends the enrolment."""

    node_id: str
    label: str
    to: str


@dataclass(frozen=True)
class ExitRule:
    """Ends an enrolment at the first such event, or the first entry into (leaving of) the segment, in
    (entered, …), as `goal` or as `stopped`. Whatever would happen then or later doesn't; ties: the exit wins.

    `key` names the property of the event that has to equal the enrolment's own key: an order ends the cart that it
    is of, not the person's others. An event without it has the key of enrolments without one.
    """

    when: EventMatch | SegmentCondition
    is_goal: bool = False
    key: str = ""


@dataclass(frozen=True)
class Graph:
    """What the engine runs. Edges cover every label of every node; `first` is a node, or EXIT.

    `holdout` is the journey's own share (0–1), fixed at entry; `caps` are the names of the caps that bind it.
    `priority`: of messages of one person at one decision time the lower number is judged first.
    New enrolments are taken in [enter_from, enter_until); those inside go on until they end.
    """

    journey: str
    version: str
    entry: Entry
    first: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    exits: tuple[ExitRule, ...] = ()
    reentry: Reentry = field(default_factory=Reentry)
    holdout: float = 0.0
    caps: tuple[str, ...] = ()
    priority: int = 100
    enter_from: int = 0
    enter_until: int = 1 << 60
