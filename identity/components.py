"""Connected components under limits.

Set-based first: all edges at once (scipy). A component that holds no more of any type than its limit is
done: replaying its edges one by one would refuse none, since every part of it is smaller still. Only the
components that break a limit are replayed edge by edge in a fixed order, and each edge that would break one
is set aside.

Nodes are dense integers (dictionary-encoded identifiers), `kinds[node]` the position of the node's type in
the rules, `limits[kind]` the most of a type that one component may hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.int64]
Arrange = Callable[[Nodes], Nodes]


@dataclass(frozen=True)
class Partition:
    """`labels[node]` names the node's component; `refused` are positions of edges that were set aside and
    `broken[i]` the type whose limit edge `refused[i]` would have broken."""

    labels: Nodes
    refused: Nodes
    broken: Nodes


def connect(node_count: int, left: Nodes, right: Nodes) -> Nodes:
    """The component of each node, all edges taken."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not len(left):
        return np.arange(node_count, dtype=np.int64)
    ones = np.ones(len(left), dtype=np.int8)
    graph = coo_matrix((ones, (left, right)), shape=(node_count, node_count)).tocsr()
    return connected_components(graph, directed=False)[1].astype(np.int64)


def over_limit(labels: Nodes, kinds: Nodes, limits: tuple[int, ...]) -> NDArray[np.bool]:
    """For each component whether it holds more of a type than that type's limit."""
    count = int(labels.max()) + 1 if len(labels) else 0
    held = np.bincount(labels * len(limits) + kinds, minlength=count * len(limits))
    return np.any(held.reshape(count, len(limits)) > np.asarray(limits), axis=1)


def replay(kinds: Nodes, left: Nodes, right: Nodes, limits: tuple[int, ...]) -> Partition:
    """Take the edges one by one as they stand; set aside each that would break a limit."""
    forest = _Forest(kinds, limits)
    refused: list[tuple[int, int]] = []
    for position, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        broken = forest.join(one, other)
        if broken is not None:
            refused.append((position, broken))
    labels = np.asarray([forest.root(node) for node in range(len(kinds))], dtype=np.int64)
    found = np.asarray(refused, dtype=np.int64).reshape(-1, 2)
    return Partition(labels, found[:, 0], found[:, 1])


class _Forest:
    """Union-find whose roots know how many identifiers of each type hang below them."""

    def __init__(self, kinds: Nodes, limits: tuple[int, ...]) -> None:
        self._parent = list(range(len(kinds)))
        self._limits = limits
        self._held = [[int(kind == each) for each in range(len(limits))] for kind in kinds.tolist()]

    def root(self, node: int) -> int:
        parent = self._parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def join(self, left: int, right: int) -> int | None:
        """Join two components, or answer the first type (in order of belief) whose limit that would break."""
        left, right = self.root(left), self.root(right)
        if left == right:
            return None
        together = [a + b for a, b in zip(self._held[left], self._held[right], strict=True)]
        for kind, limit in enumerate(self._limits):
            if together[kind] > limit:
                return kind
        if sum(self._held[left]) < sum(self._held[right]):
            left, right = right, left
        self._parent[right], self._held[left] = left, together
        return None


def partition(
    kinds: Nodes, left: Nodes, right: Nodes, limits: tuple[int, ...], arrange: Arrange
) -> Partition:
    """Components of all nodes under the limits; equal to replaying every edge, at the price of the few.

    `arrange` is handed the positions of the edges to replay and answers them in the fixed order: type
    priorities, first landed, then the pair itself.
    """
    labels = connect(len(kinds), left, right)
    broken = over_limit(labels, kinds, limits)
    nodes = np.flatnonzero(broken[labels])
    if not len(nodes):
        empty = np.empty(0, dtype=np.int64)
        return Partition(labels, empty, empty)
    positions = arrange(np.flatnonzero(broken[labels[left]]))
    dense = np.full(len(kinds), -1, dtype=np.int64)
    dense[nodes] = np.arange(len(nodes))
    part = replay(kinds[nodes], dense[left[positions]], dense[right[positions]], limits)
    labels[nodes] = part.labels + len(broken)
    return Partition(labels, positions[part.refused], part.broken)
