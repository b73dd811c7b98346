"""Merges that likeness proposes, under the same guard as those that events speak for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from identity.components import Nodes, replay


@dataclass(frozen=True)
class Merged:
    """`labels` of all nodes; `taken` are positions of edges in effect, `refused` of those that a limit or a
    split forbids."""

    labels: Nodes
    taken: Nodes
    refused: Nodes


def join_more(
    labels: Nodes, kinds: Nodes, limits: tuple[int, ...], apart: Nodes, left: Nodes, right: Nodes
) -> Merged:
    """Join components (`labels` by node) by further edges, in the order in which they stand.

    What events joined stays joined: components are taken whole first, and only then the further edges, each
    of which is set aside if it would break a limit or bring together what is kept apart (two columns of
    nodes). Only the components that the edges touch are looked at.
    """
    touched = np.unique(labels[np.concatenate([left, right])])
    nodes = np.flatnonzero(np.isin(labels, touched))
    dense = np.full(len(labels), -1, dtype=np.int64)
    dense[nodes] = np.arange(len(nodes))
    _, firsts, members = np.unique(labels[nodes], return_index=True, return_inverse=True)
    own_left, own_right = firsts[members], np.arange(len(nodes))
    known = apart[np.all(dense[apart] >= 0, axis=1)] if len(apart) else np.empty((0, 2), dtype=np.int64)
    found = replay(
        kinds[nodes],
        np.concatenate([own_left, dense[left]]),
        np.concatenate([own_right, dense[right]]),
        limits,
        dense[known],
    )
    refused = found.refused - len(nodes)
    joined = labels.astype(np.int64)
    joined[nodes] = found.labels + int(labels.max()) + 1
    _, together = np.unique(joined, return_inverse=True)
    taken = np.setdiff1d(np.arange(len(left)), refused)
    return Merged(together.astype(labels.dtype), taken, refused)
