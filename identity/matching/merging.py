"""Merges that likeness proposes, under the same guard as those that events speak for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from identity.components import Nodes, replay


@dataclass(frozen=True)
class More:
    """Proposed edges, the strongest first: nodes, and when (microseconds) both ends were known."""

    left: Nodes
    right: Nodes
    seen: Nodes

    def at(self, positions: Nodes) -> More:
        """Some of them."""
        return More(self.left[positions], self.right[positions], self.seen[positions])

    def after(self, left: Nodes, right: Nodes, seen: Nodes) -> tuple[Nodes, Nodes, Nodes]:
        """The edges of events and then these."""
        return (
            np.concatenate([left, self.left.astype(left.dtype)]),
            np.concatenate([right, self.right.astype(right.dtype)]),
            np.concatenate([seen, self.seen.astype(seen.dtype)]),
        )


def join_more(
    labels: Nodes, kinds: Nodes, limits: tuple[int, ...], apart: Nodes, more: More
) -> tuple[Nodes, More]:
    """Join components (`labels` by node) by further edges, in the order in which they stand. Answers the
    labels after it, dense from 0, and the edges that took effect.

    What events joined stays joined: components are taken whole first, and only then the further edges, each
    of which is left out if it would break a limit or bring together what is kept apart (two columns of
    nodes). Only the components that the edges touch are looked at.
    """
    touched = np.unique(labels[np.concatenate([more.left, more.right])])
    nodes = np.flatnonzero(np.isin(labels, touched))
    dense = np.full(len(labels), -1, dtype=np.int64)
    dense[nodes] = np.arange(len(nodes))
    _, firsts, members = np.unique(labels[nodes], return_index=True, return_inverse=True)
    known = apart[np.all(dense[apart] >= 0, axis=1)] if len(apart) else np.empty((0, 2), dtype=np.int64)
    found = replay(
        kinds[nodes],
        np.concatenate([firsts[members], dense[more.left]]),
        np.concatenate([np.arange(len(nodes)), dense[more.right]]),
        limits,
        dense[known],
    )
    joined = labels.astype(np.int64)
    joined[nodes] = found.labels + int(labels.max()) + 1
    _, together = np.unique(joined, return_inverse=True)
    is_taken = labels[more.left] != labels[more.right]
    is_taken[found.refused - len(nodes)] = False
    return together.astype(labels.dtype), more.at(np.flatnonzero(is_taken))
