"""Connected components under limits.

Set-based first: all edges at once (scipy). A component that holds no more of any type than its limit, and no
two identifiers that are kept apart, is done: replaying its edges one by one would refuse none, since every
part of it is smaller still. Only the other components are replayed edge by edge in a fixed order, and each
edge that would break a rule is set aside.

Nodes are dense integers, `kinds[node]` the position of the node's type in the rules, `limits[kind]` the most
of a type that one component may hold, `apart` pairs of nodes that no component may hold together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.integer]
Arrange = Callable[[Nodes], Nodes]
APART = -1


@dataclass(frozen=True)
class Partition:
    """`labels[node]` names the node's component, from 0 and without gaps; `refused` are positions of edges
    that were set aside and `broken[i]` the type whose limit edge `refused[i]` would have broken, or APART."""

    labels: Nodes
    refused: Nodes
    broken: Nodes


def connect(node_count: int, left: Nodes, right: Nodes) -> Nodes:
    """The component of each node, all edges taken."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(left):
        return np.arange(node_count, dtype=np.int32)
    ones = np.ones(len(left), dtype=np.int8)
    ends = (left.astype(np.int32, copy=False), right.astype(np.int32, copy=False))
    graph = coo_array((ones, ends), shape=(node_count, node_count)).tocsr()
    return connected_components(graph, directed=False)[1]


def over_limit(labels: Nodes, kinds: Nodes, limits: tuple[int, ...]) -> NDArray[np.bool]:
    """For each component whether it holds more of a type than that type's limit."""
    count = int(labels.max()) + 1 if len(labels) else 0
    broken = np.zeros(count, dtype=bool)
    for kind, limit in enumerate(limits):
        held = np.bincount(labels[kinds == kind], minlength=count)
        broken |= held > limit
    return broken


def replay(kinds: Nodes, left: Nodes, right: Nodes, limits: tuple[int, ...], apart: Nodes) -> Partition:
    """Take the edges one by one as they stand; set aside each that would break a rule."""
    forest = _Forest(kinds, limits, apart)
    refused: list[tuple[int, int]] = []
    for position, (one, other) in enumerate(zip(left.tolist(), right.tolist(), strict=True)):
        broken = forest.join(one, other)
        if broken is not None:
            refused.append((position, broken))
    roots = np.asarray([forest.root(node) for node in range(len(kinds))], dtype=np.int32)
    found = np.asarray(refused, dtype=np.int64).reshape(-1, 2)
    return Partition(roots, found[:, 0], found[:, 1])


class _Forest:
    """Union-find whose roots know how many identifiers of each type hang below them, and whom they may not
    meet."""

    def __init__(self, kinds: Nodes, limits: tuple[int, ...], apart: Nodes) -> None:
        self._parent = list(range(len(kinds)))
        self._limits = limits
        self._held = [[int(kind == each) for each in range(len(limits))] for kind in kinds.tolist()]
        self._foes: dict[int, list[int]] = {}
        for one, other in apart.tolist():
            self._foes.setdefault(one, []).append(other)
            self._foes.setdefault(other, []).append(one)

    def root(self, node: int) -> int:
        parent = self._parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def join(self, left: int, right: int) -> int | None:
        """Join two components, or answer what forbids it: APART, or the first type (in order of belief)
        whose limit would break."""
        left, right = self.root(left), self.root(right)
        if left == right:
            return None
        if self._are_apart(left, right):
            return APART
        together = [a + b for a, b in zip(self._held[left], self._held[right], strict=True)]
        for kind, limit in enumerate(self._limits):
            if together[kind] > limit:
                return kind
        if sum(self._held[left]) < sum(self._held[right]):
            left, right = right, left
        self._parent[right], self._held[left] = left, together
        if right in self._foes:
            self._foes.setdefault(left, []).extend(self._foes.pop(right))
        return None

    def _are_apart(self, left: int, right: int) -> bool:
        if len(self._foes.get(left, ())) > len(self._foes.get(right, ())):
            left, right = right, left
        return any(self.root(foe) == right for foe in self._foes.get(left, ()))


def partition(
    kinds: Nodes, left: Nodes, right: Nodes, limits: tuple[int, ...], arrange: Arrange, apart: Nodes
) -> Partition:
    """Components of all nodes under the rules; equal to replaying every edge, at the price of the few.

    `arrange` is handed the positions of the edges to replay and answers them in the fixed order: type
    priorities, first landed, then the pair itself. `apart` has two columns of nodes.
    """
    labels = connect(len(kinds), left, right)
    broken = over_limit(labels, kinds, limits)
    meeting = apart[labels[apart[:, 0]] == labels[apart[:, 1]]]
    broken[labels[meeting[:, 0]]] = True
    nodes = np.flatnonzero(broken[labels])
    if not len(nodes):
        empty = np.empty(0, dtype=np.int64)
        return Partition(labels, empty, empty)
    positions = arrange(np.flatnonzero(broken[labels[left]]))
    dense = np.full(len(kinds), -1, dtype=np.int64)
    dense[nodes] = np.arange(len(nodes))
    part = replay(kinds[nodes], dense[left[positions]], dense[right[positions]], limits, dense[meeting])
    labels[nodes] = part.labels + len(broken)
    return Partition(_dense(labels), positions[part.refused], part.broken)


def _dense(labels: Nodes) -> Nodes:
    """The same partition, labels counting from 0 without gaps."""
    is_used = np.zeros(int(labels.max()) + 1, dtype=bool)
    is_used[labels] = True
    return (np.cumsum(is_used, dtype=np.int32) - 1)[labels]
