"""A graph in the making."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from activation.journeys.graph import EXIT, Edge, Message, Node
from kith.definitions import Definition


@dataclass(frozen=True)
class Sending:
    """A step that sends: where it stands, and what."""

    step_id: str
    template: str
    prefix: str


@dataclass
class Draft:
    """Nodes and edges so far. `parts` are the definitions that a step may inline; `parked` the messages on whose
    outcome the path depends."""

    parts: Mapping[str, Definition[Any]]
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    sendings: list[Sending] = field(default_factory=list)
    parked: set[str] = field(default_factory=set)
    taken: dict[str, str] = field(default_factory=dict)
    inlined: set[str] = field(default_factory=set)

    def add(self, node: Node, leads_to: Mapping[str, str]) -> str:
        """A node and where each of its labels leads; answers its id."""
        self.nodes.append(node)
        self.edges += [Edge(node.node_id, label, leads_to[label]) for label in node.labels()]
        return node.node_id


def reached(draft: Draft, first: str) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    """The nodes that can be reached, in the order of the file, and their edges."""
    leads: dict[str, list[str]] = {}
    for edge in draft.edges:
        leads.setdefault(edge.node_id, []).append(edge.to)
    seen, open_ = {EXIT}, [first]
    while open_:
        node_id = open_.pop()
        if node_id not in seen:
            seen.add(node_id)
            open_ += leads[node_id]
    nodes = tuple(_parked(each, draft.parked) for each in reversed(draft.nodes) if each.node_id in seen)
    order = {node.node_id: number for number, node in enumerate(nodes)}
    kept = [each for each in draft.edges if each.node_id in order]
    whole = [label for each in kept for label in _labelled(each, nodes[order[each.node_id]])]
    return nodes, tuple(sorted(whole, key=lambda each: order[each.node_id]))


def _parked(node: Node, parked: set[str]) -> Node:
    return replace(node, parks=True) if isinstance(node, Message) and node.step_id in parked else node


def _labelled(edge: Edge, node: Node) -> list[Edge]:
    """A message asked about after it was compiled is left by two edges, not by one."""
    if edge.label in node.labels():
        return [edge]
    return [Edge(edge.node_id, label, edge.to) for label in node.labels()]
