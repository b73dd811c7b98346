"""Merges by likeness keep the limits and the splits, and take nothing from what events joined."""

from __future__ import annotations

import numpy as np

from identity.components import replay
from identity.matching.merging import More, join_more

USER, EMAIL = 0, 1
NONE_APART = np.empty((0, 2), dtype=np.int64)


def merged(
    labels: list[int],
    kinds: list[int],
    edges: list[tuple[int, int]],
    limits: tuple[int, ...] = (1, 3),
    apart: list[tuple[int, int]] | None = None,
) -> tuple[list[int], list[tuple[int, int]]]:
    """Labels after it, numbered as they come, and the edges that took effect."""
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    kept = np.array(apart, dtype=np.int64) if apart else NONE_APART
    more = More(ends[:, 0], ends[:, 1], np.arange(len(ends)))
    after, taken = join_more(np.array(labels, np.int32), np.array(kinds, np.int8), limits, kept, more)
    order = {label: number for number, label in enumerate(dict.fromkeys(after.tolist()))}
    return [order[label] for label in after.tolist()], list(
        zip(taken.left.tolist(), taken.right.tolist(), strict=True)
    )


def test_merging__joins_two_components() -> None:
    labels, taken = merged([0, 0, 1, 2], [USER, EMAIL, EMAIL, EMAIL], [(0, 2)])
    assert labels[0] == labels[1] == labels[2] != labels[3]
    assert taken == [(0, 2)]


def test_merging__two_user_ids_never_become_one_profile() -> None:
    found = merged([0, 0, 1, 1, 2], [USER, EMAIL, USER, EMAIL, EMAIL], [(0, 2), (4, 1), (4, 3)])
    assert found == ([0, 0, 1, 1, 0], [(4, 1)])


def test_merging__what_is_kept_apart_stays_apart() -> None:
    found = merged([0, 0, 1, 2], [USER, EMAIL, EMAIL, EMAIL], [(0, 2), (2, 3)], apart=[(1, 3)])
    assert found == ([0, 0, 0, 1], [(0, 2)])


def test_merging__what_events_joined_already_takes_no_effect() -> None:
    assert merged([0, 0, 1], [USER, EMAIL, EMAIL], [(0, 1)]) == ([0, 0, 1], [])


def test_merging__components_that_no_edge_touches_keep_their_own() -> None:
    labels, _ = merged([2, 0, 0, 1, 1], [USER, EMAIL, EMAIL, EMAIL, EMAIL], [(0, 1)])
    assert labels[0] == labels[1] == labels[2]
    assert labels[3] == labels[4] != labels[0]
    assert set(labels) == {0, 1}


def test_merging__equals_replaying_all_edges_where_events_come_first() -> None:
    chance = np.random.default_rng(3)
    for _ in range(60):
        count = int(chance.integers(5, 25))
        kinds = chance.integers(0, 2, count).astype(np.int8)
        limits = (1, int(chance.integers(1, 5)))
        sure, more = (chance.integers(0, count, (int(chance.integers(1, 20)), 2)) for _ in range(2))
        apart = chance.integers(0, count, (2, 2))
        apart = apart[apart[:, 0] != apart[:, 1]]
        first = replay(kinds, sure[:, 0], sure[:, 1], limits, apart)
        dense = np.unique(first.labels, return_inverse=True)[1]
        labels, _ = join_more(dense, kinds, limits, apart, More(more[:, 0], more[:, 1], more[:, 0]))
        every = np.concatenate([sure, more])
        whole = replay(kinds, every[:, 0], every[:, 1], limits, apart).labels
        assert np.array_equal(labels[:, None] == labels[None, :], whole[:, None] == whole[None, :])
