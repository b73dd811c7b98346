"""How long the nodes of a graph take at least and at most, and from node to node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from activation.journeys.graph import Delay, Edge, Node, UntilAttribute, UntilLocal, Wait, Window
from activation.journeys.language.values import DAY, EVERY_DAY, HOUR

FOREVER = 1 << 60


def least(node: Node, label: str) -> int:
    """The least time to leave by that label, in a loop: a time of day comes round once a day at most."""
    if isinstance(node, Delay):
        return node.span
    if isinstance(node, UntilLocal):
        return HOUR
    return node.timeout if isinstance(node, Wait) and label == "timeout" else 0


def most(node: Node, label: str) -> int:
    """The longest time."""
    if isinstance(node, Delay):
        return node.span
    if isinstance(node, Wait):
        return node.timeout
    if isinstance(node, UntilLocal | Window):
        return DAY if node.weekdays == EVERY_DAY else 7 * DAY
    return FOREVER if isinstance(node, UntilAttribute) and label == "next" else 0


def shortest(
    nodes: Sequence[Node],
    edges: Iterable[Edge],
    ends: Iterable[str],
    longest: bool = False,
    stops: Iterable[str] = (),
) -> Mapping[str, int]:
    """From the entry of each node the time to reach any of `ends` by the quickest way; FOREVER where none leads there.

    Counted at each node's least time, or with `longest` at its most. Nodes stand in the order of the file; no way
    leads through one of `stops`.
    """
    leads: dict[str, list[Edge]] = {}
    for edge in edges:
        leads.setdefault(edge.node_id, []).append(edge)
    found = dict.fromkeys(ends, 0)
    time, barred = (most if longest else least), set(stops)
    for node in reversed(nodes):
        if node.node_id in found:
            continue
        ways = [
            found.get(edge.to, FOREVER) + time(node, edge.label)
            for edge in leads.get(node.node_id, ())
            if edge.to not in barred or edge.to in ends
        ]
        found[node.node_id] = min([FOREVER, *ways])
    return found
