"""From scored pairs to entities.

Joining whatever a chain of likely pairs connects makes giants: one chance agreement merges two families. So
two groups become one only while the evidence between them, averaged over all pairs scored between the two, is
above the threshold; the strongest first (average linkage). Pairs that speak against it count as well.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from identity.components import connect
from identity.matching.mapping import Relation

Rows = NDArray[np.int64]
Weights = NDArray[np.float64]

# How many rows of each of two files a group may hold; None is any number.
MOST: dict[Relation, tuple[int | None, int | None]] = {
    "many_to_many": (None, None),
    "one_to_many": (1, None),
    "one_to_one": (1, 1),
}


@dataclass(frozen=True)
class Pairs:
    """Scored pairs of rows, dense from 0; `weight` is the log2 odds that the two are one."""

    left: Rows
    right: Rows
    weight: Weights


def cluster(
    count: int, pairs: Pairs, threshold: float, sides: Rows | None = None, relation: Relation = "many_to_many"
) -> Rows:
    """The group of each of `count` rows, named by its least row. `threshold` is in log2 odds, `sides[row]`
    the file (0 or 1) of a row where two are linked."""
    strong = pairs.weight >= threshold
    reach = connect(count, pairs.left[strong], pairs.right[strong])
    inside = reach[pairs.left] == reach[pairs.right]
    most = MOST[relation] if sides is not None else (None, None)
    places = np.zeros(count, dtype=np.int64) if sides is None else sides
    groups = _Groups(places.tolist(), most)
    order = zip(
        pairs.left[inside].tolist(), pairs.right[inside].tolist(), pairs.weight[inside].tolist(), strict=True
    )
    groups.join_all(order, threshold)
    labels = np.arange(count, dtype=np.int64)
    for rows in groups.members.values():
        labels[rows] = min(rows)
    return labels


class _Groups:
    """Groups of rows, the evidence between each two of them (sum of weights, number of pairs)."""

    def __init__(self, sides: list[int], most: tuple[int | None, int | None]) -> None:
        self.members: dict[int, list[int]] = {}
        self._between: dict[int, dict[int, tuple[float, int]]] = defaultdict(dict)
        self._sides, self._most = sides, most
        self._queue: list[tuple[float, int, int, int]] = []

    def join_all(self, pairs: Iterable[tuple[int, int, float]], threshold: float) -> None:
        for left, right, weight in pairs:
            self._between[left][right] = self._between[right][left] = (weight, 1)
            self.members.setdefault(left, [left])
            self.members.setdefault(right, [right])
            if weight >= threshold:
                self._offer(left, right)
        heapq.heapify(self._queue)
        while self._queue:
            _, left, right, seen = heapq.heappop(self._queue)
            # An offer is stale if either group is gone or has grown since.
            if self._between.get(left, {}).get(right, (0.0, 0))[1] == seen and self._may_join(left, right):
                self._join(left, right, threshold)

    def _offer(self, left: int, right: int) -> None:
        total, count = self._between[left][right]
        heapq.heappush(self._queue, (-total / count, min(left, right), max(left, right), count))

    def _may_join(self, left: int, right: int) -> bool:
        together = [self._sides[row] for row in (*self.members[left], *self.members[right])]
        return all(most is None or together.count(side) <= most for side, most in enumerate(self._most))

    def _join(self, left: int, right: int, threshold: float) -> None:
        self.members[left] += self.members.pop(right)
        for other, (total, count) in self._between.pop(right).items():
            del self._between[other][right]
            if other != left:
                mine = self._between[left].get(other, (0.0, 0))
                self._between[left][other] = self._between[other][left] = (total + mine[0], count + mine[1])
        for other, (total, count) in self._between[left].items():
            if total / count >= threshold:
                self._offer(left, other)
