"""Components under limits."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.components import Nodes, partition

NOBODY = np.empty((0, 2), dtype=np.int64)


def _in_order(positions: Nodes) -> Nodes:
    return positions


def _slow(
    kinds: list[int], pairs: list[tuple[int, int]], limits: tuple[int, ...]
) -> tuple[list[set[int]], list[int]]:
    group = [{node} for node in range(len(kinds))]
    refused = []
    for position, (left, right) in enumerate(pairs):
        if group[left] is group[right]:
            continue
        joined = group[left] | group[right]
        if any(sum(kinds[node] == kind for node in joined) > limit for kind, limit in enumerate(limits)):
            refused.append(position)
            continue
        for node in joined:
            group[node] = joined
    return group, refused


@st.composite
def _graphs(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]], tuple[int, ...]]:
    count = draw(st.integers(1, 14))
    kinds = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    node = st.integers(0, count - 1)
    pairs = draw(st.lists(st.tuples(node, node).filter(lambda pair: pair[0] != pair[1]), max_size=25))
    return kinds, pairs, draw(st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 6)))


@given(_graphs())
@settings(max_examples=400, deadline=None)
def test_partition__equals_replaying_every_edge(graph) -> None:
    kinds, pairs, limits = graph
    edges = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    found = partition(np.asarray(kinds, dtype=np.int64), edges[:, 0], edges[:, 1], limits, _in_order, NOBODY)
    group, refused = _slow(kinds, pairs, limits)
    same = found.labels[:, None] == found.labels[None, :]
    assert same.tolist() == [
        [other in group[node] for other in range(len(kinds))] for node in range(len(kinds))
    ]
    assert found.refused.tolist() == refused


def test_partition__of_nothing_is_nothing() -> None:
    none = np.empty(0, dtype=np.int64)
    found = partition(none, none, none, (1,), _in_order, NOBODY)
    assert not len(found.labels)
    assert not len(found.refused)


def test_partition__leaves_components_within_limits_alone() -> None:
    """Only the component that breaks a limit is arranged and replayed."""
    kinds = np.asarray([0, 1, 0, 0, 1], dtype=np.int64)
    left, right = np.asarray([0, 2, 3], dtype=np.int64), np.asarray([1, 4, 4], dtype=np.int64)
    arranged: list[list[int]] = []

    def arrange(positions: Nodes) -> Nodes:
        arranged.append(positions.tolist())
        return positions

    found = partition(kinds, left, right, (1, 5), arrange, NOBODY)
    assert arranged == [[1, 2]]
    assert found.refused.tolist() == [2]
    assert found.broken.tolist() == [0]


def test_partition__of_a_million_pairs_keeps_every_limit(capsys: pytest.CaptureFixture[str]) -> None:
    """A sanity check of speed as well: printed, since a busy machine proves nothing."""
    people, pairs = 250_000, 1_000_000
    chance = np.random.default_rng(7)
    user = chance.integers(0, people, pairs)
    device = user * 4 + chance.integers(0, 4, pairs)
    strays = chance.random(pairs) < 0.01
    device[strays] = chance.integers(0, people * 4, strays.sum())
    kinds = np.repeat(np.asarray([0, 1], dtype=np.int64), [people, people * 4])
    began = time.perf_counter()
    found = partition(kinds, user, people + device, (1, 50), _in_order, NOBODY)
    spent = time.perf_counter() - began
    held = np.bincount(np.unique(found.labels, return_inverse=True)[1], weights=kinds == 0)
    assert held.max() == 1
    assert 0 < len(found.refused) < strays.sum()
    with capsys.disabled():
        print(f"\n{pairs:,} pairs, {len(found.refused):,} set aside: {spent:.2f} s")
