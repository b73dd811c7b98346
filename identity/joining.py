"""Since when an identifier is known to belong with its profile's earliest one.

Over every path of evidence between the two, the time by which the whole path was known is the greatest
first_received_at on it; the least of these over all paths is the answer (a minimax path). Rounds over all
edges at once settle the short paths; what long chains leave is settled by Dijkstra's way, one by one.
"""

from __future__ import annotations

import heapq

import numpy as np

from identity.components import Nodes

NEVER = np.iinfo(np.int64).max
ROUNDS = 24


def join_times(labels: Nodes, founders: Nodes, first: Nodes, left: Nodes, right: Nodes, seen: Nodes) -> Nodes:
    """Microseconds by node. Edges lie within components; `founders[label]` is the earliest node of each."""
    joined = np.full(len(labels), NEVER, dtype=np.int64)
    joined[founders] = first[founders]
    for _ in range(ROUNDS):
        forth, back = np.maximum(joined[left], seen), np.maximum(joined[right], seen)
        ahead, behind = np.flatnonzero(forth < joined[right]), np.flatnonzero(back < joined[left])
        if not len(ahead) and not len(behind):
            return joined
        np.minimum.at(joined, right[ahead], forth[ahead])
        np.minimum.at(joined, left[behind], back[behind])
        # A component in which nothing moved never moves again.
        is_moving = np.zeros(len(founders), dtype=bool)
        is_moving[labels[left[ahead]]] = True
        is_moving[labels[left[behind]]] = True
        kept = np.flatnonzero(is_moving[labels[left]])
        if len(kept) < len(left):
            left, right, seen = left[kept], right[kept], seen[kept]
    _walk(joined, founders[np.unique(labels[left])], left, right, seen)
    return joined


def _walk(joined: Nodes, starts: Nodes, left: Nodes, right: Nodes, seen: Nodes) -> None:
    leading: dict[int, list[tuple[int, int]]] = {}
    for one, other, at in zip(left.tolist(), right.tolist(), seen.tolist(), strict=True):
        leading.setdefault(one, []).append((other, at))
        leading.setdefault(other, []).append((one, at))
    for start in starts.tolist():
        best = {start: int(joined[start])}
        waiting = [(best[start], start)]
        while waiting:
            at, node = heapq.heappop(waiting)
            if at > best[node]:
                continue
            for other, edge_at in leading.get(node, ()):
                reached = max(at, edge_at)
                if reached < best.get(other, NEVER):
                    best[other] = reached
                    heapq.heappush(waiting, (reached, other))
        joined[list(best)] = list(best.values())
