"""From scored pairs to groups."""

from __future__ import annotations

import numpy as np

from identity.matching.clusters import Pairs, cluster


def pairs(*given: tuple[int, int, float]) -> Pairs:
    return Pairs(
        np.array([each[0] for each in given], dtype=np.int64),
        np.array([each[1] for each in given], dtype=np.int64),
        np.array([each[2] for each in given], dtype=np.float64),
    )


def test_clusters__join_what_the_evidence_speaks_for() -> None:
    found = cluster(5, pairs((0, 1, 4.0), (2, 3, 2.0), (1, 2, -9.0)), 0.0)
    assert found.tolist() == [0, 0, 2, 2, 4]


def test_clusters__one_chance_agreement_does_not_merge_two_groups() -> None:
    inside = [(0, 1, 9.0), (0, 2, 9.0), (1, 2, 9.0), (3, 4, 9.0), (3, 5, 9.0), (4, 5, 9.0)]
    across = [(left, right, -8.0) for left in (0, 1, 2) for right in (3, 4, 5) if (left, right) != (2, 3)]
    assert cluster(6, pairs(*inside, *across, (2, 3, 5.0)), 0.0).tolist() == [0, 0, 0, 3, 3, 3]


def test_clusters__a_doubtful_pair_is_carried_by_the_others() -> None:
    found = cluster(3, pairs((0, 1, 9.0), (1, 2, 9.0), (0, 2, -3.0)), 0.0)
    assert found.tolist() == [0, 0, 0]


def test_clusters__evidence_is_weighed_anew_when_a_group_has_grown() -> None:
    assert cluster(3, pairs((0, 1, 9.0), (0, 2, 5.0), (1, 2, -20.0)), 0.0).tolist() == [0, 0, 2]


def test_clusters__the_threshold_counts_in_log_odds() -> None:
    given = pairs((0, 1, 4.9), (2, 3, 5.0))
    assert cluster(4, given, 5.0).tolist() == [0, 1, 2, 2]


def test_clusters__a_row_of_the_first_file_belongs_to_one_alone_if_the_relation_says_so() -> None:
    sides = np.array([0, 0, 1, 1, 1])
    given = pairs((0, 2, 6.0), (1, 2, 3.0), (0, 3, 2.0), (1, 4, 1.0))
    assert cluster(5, given, 0.0, sides, "one_to_one").tolist() == [0, 1, 0, 3, 1]
    assert cluster(5, given, 0.0, sides, "one_to_many").tolist() == [0, 1, 0, 0, 1]
    assert cluster(5, given, 0.0, sides).tolist() == [0, 0, 0, 0, 0]


def test_clusters__the_order_of_pairs_decides_nothing() -> None:
    chance = np.random.default_rng(7)
    left, right = np.triu_indices(30, 1)
    weight = np.round(chance.normal(-2, 4, len(left)), 6)
    first = cluster(30, Pairs(left, right, weight), 0.0)
    for _ in range(5):
        order = chance.permutation(len(left))
        assert np.array_equal(cluster(30, Pairs(left[order], right[order], weight[order]), 0.0), first)
