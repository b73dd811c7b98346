"""The graph of identifiers as arrays, and what becomes of it under the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from identity.components import APART, Nodes, connect, partition
from identity.joining import join_times
from identity.matching.merging import More, join_more
from identity.rules import IdentityRules
from identity.sharing import shared_edges

NEVER = np.iinfo(np.int64).max
Texts = Callable[[Nodes], list[str]]


@dataclass(frozen=True)
class Graph:
    """`kinds` and `first` (microseconds) by node; `left`, `right` (nodes) and `seen` (microseconds) by edge.

    A pair may stand several times: it counts from its least `seen`. `texts(nodes)` answers their values, and
    is asked only for those whose order nothing else decides.
    """

    kinds: Nodes
    first: Nodes
    left: Nodes
    right: Nodes
    seen: Nodes
    texts: Texts


@dataclass(frozen=True)
class Resolved:
    """`labels` and `joined` (microseconds) by node, `founders` (nodes) by label; `refused` edges and why:
    a type's position for its limit, APART, or the number of types plus that position if it is shared."""

    labels: Nodes
    founders: Nodes
    joined: Nodes
    refused: Nodes
    broken: Nodes


def resolve_graph(
    graph: Graph, rules: IdentityRules, apart: Nodes, has_joined: bool = True, more: More | None = None
) -> Resolved:
    """Components under the rules, the earliest identifier of each, and since when the others belong to it.

    `more` are edges that likeness proposes: they join what the events left apart, under the same rules.
    """
    shared, shared_kinds = shared_edges(graph.kinds, graph.left, graph.right, rules)
    is_live = graph.left != graph.right
    is_live[shared] = False
    live = np.flatnonzero(is_live)
    if len(live) == len(graph.left):
        left, right, seen = graph.left, graph.right, graph.seen
    else:
        left, right, seen = graph.left[live], graph.right[live], graph.seen[live]
    found = partition(
        graph.kinds, left, right, rules.limits, lambda chosen: _arrange(graph, live[chosen], live), apart
    )
    labels, taken = found.labels, None
    if more is not None and len(more.left):
        labels, taken = join_more(labels, graph.kinds, rules.limits, apart, more)
    founders = _founders(graph, labels)
    joined = graph.first
    if has_joined:
        if len(found.refused):
            kept = np.delete(np.arange(len(left)), found.refused)
            left, right, seen = left[kept], right[kept], seen[kept]
        if taken is not None:
            left, right, seen = taken.after(left, right, seen)
        joined = join_times(labels, founders, graph.first, left, right, seen)
    refused = np.concatenate([live[found.refused], shared])
    broken = np.concatenate([found.broken, shared_kinds + len(rules.limits)])
    return Resolved(labels, founders, joined, refused, broken)


def _arrange(graph: Graph, positions: Nodes, live: Nodes) -> Nodes:
    """Edges in the fixed order, as positions among the live ones: the priorities of their types, first
    landed, then the values."""
    left, right = graph.left[positions], graph.right[positions]
    keys = (graph.seen[positions], graph.kinds[right], graph.kinds[left])
    order = np.lexsort(keys)
    is_equal = np.ones(max(len(order) - 1, 0), dtype=bool)
    for key in keys:
        is_equal &= key[order][1:] == key[order][:-1]
    is_tied = np.zeros(len(order), dtype=bool)
    is_tied[1:] |= is_equal
    is_tied[:-1] |= is_equal
    if is_equal.any():
        tied = order[is_tied]
        rank = np.zeros(len(graph.kinds), dtype=np.int64)
        nodes = np.unique(np.concatenate([left[tied], right[tied]]))
        rank[nodes] = _ranks(graph.texts(nodes))
        order = np.lexsort((rank[right], rank[left], *keys))
    return np.searchsorted(live, positions[order])


def _ranks(texts: list[str]) -> Nodes:
    """The place of each text in the order of their characters; equal texts share one."""
    place = {text: number for number, text in enumerate(sorted(set(texts)))}
    return np.asarray([place[text] for text in texts], dtype=np.int64)


def _founders(graph: Graph, labels: Nodes) -> Nodes:
    """The earliest identifier of each component: first landed, then the more believed type, then the value."""
    count = int(labels.max()) + 1 if len(labels) else 0
    founders = np.full(count, -1, dtype=np.int64)
    chosen = _least(graph.first, labels, np.arange(len(labels)), count, NEVER)
    chosen = _least(graph.kinds, labels, chosen, count, np.iinfo(graph.kinds.dtype).max)
    founders[labels[chosen]] = chosen
    rivals = chosen[np.bincount(labels[chosen], minlength=count)[labels[chosen]] > 1]
    if len(rivals):
        chosen = _least_text(graph, labels[rivals], rivals)
        founders[labels[chosen]] = chosen
    return founders


def _least_text(graph: Graph, labels: Nodes, nodes: Nodes) -> Nodes:
    """Of these nodes the one with the least text under each label.

    All labels at once, one more of each label's nodes a round: mostly there are two.
    """
    order = np.argsort(labels, kind="stable")
    nodes, labels = nodes[order], labels[order]
    texts = np.asarray(graph.texts(nodes), dtype=object)
    starts = np.flatnonzero(np.r_[True, labels[1:] != labels[:-1]])
    held = np.diff(np.r_[starts, len(nodes)])
    least = starts.copy()
    for step in range(1, int(held.max())):
        groups = np.flatnonzero(held > step)
        rivals = starts[groups] + step
        is_less = (texts[rivals] < texts[least[groups]]).astype(bool)
        least[groups[is_less]] = rivals[is_less]
    return nodes[least]


def _least(values: Nodes, labels: Nodes, nodes: Nodes, count: int, greatest: int) -> Nodes:
    """Those of `nodes` that have the least value among the nodes of their label."""
    least = np.full(count, greatest, dtype=values.dtype)
    at, mine = labels[nodes], values[nodes]
    np.minimum.at(least, at, mine)
    return nodes[mine == least[at]]


__all__ = ["APART", "Graph", "Nodes", "Resolved", "connect", "resolve_graph"]
