"""The shortest path over pairs of identifiers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

Key = tuple[str, str]


@dataclass(frozen=True)
class Pair:
    """Two identifiers (type and value) that events named together, and why they were set aside, if so."""

    left: Key
    right: Key
    first_received_at: datetime
    edge_count: int
    reason: str = ""

    def turned(self) -> Pair:
        return replace(self, left=self.right, right=self.left)


def read_pairs(rows: Iterable[dict[str, Any]]) -> list[Pair]:
    """Pairs from rows with left_type, left_value, right_type, right_value and the rest."""
    return [
        Pair(
            (row["left_type"], row["left_value"]),
            (row["right_type"], row["right_value"]),
            row["first_received_at"],
            row["edge_count"],
            row.get("reason", ""),
        )
        for row in rows
    ]


def shortest_path(pairs: Iterable[Pair], start: Key, end: Key) -> list[Pair]:
    """The pairs from start to end, each turned so that it leads on; of equally short paths the first seen."""
    leading: dict[Key, list[Pair]] = {}
    for pair in pairs:
        leading.setdefault(pair.left, []).append(pair)
        leading.setdefault(pair.right, []).append(pair.turned())
    came_by: dict[Key, Pair] = {}
    reached, waiting = {start}, deque([start])
    while waiting and end not in reached:
        for pair in leading.get(waiting.popleft(), ()):
            if pair.right not in reached:
                reached.add(pair.right)
                came_by[pair.right] = pair
                waiting.append(pair.right)
    path: list[Pair] = []
    while end in came_by:
        path.append(came_by[end])
        end = came_by[end].left
    return path[::-1]
