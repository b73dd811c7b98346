"""Hit rate and gain, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from ml.recommendations.judgement import judge_lists

ANSWERS = csr_array(np.array([[0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]]))


def test_judgement__counts_those_who_took_something() -> None:
    lists = np.array([[2, 3], [1, 2], [0, 1], [2, -1]])
    found = judge_lists(lists, ANSWERS, offered=4)
    second = 1 / np.log2(3)
    assert found.people == 3
    assert found.hit == pytest.approx(2 / 3)
    assert found.ndcg == pytest.approx((second / (1 + second) + 0 + 1) / 3)
    assert found.recall == pytest.approx((1 / 2 + 0 + 1) / 3)
    assert found.coverage == pytest.approx(3 / 4)


def test_judgement__of_one_right_answer_is_the_gain_of_its_rank() -> None:
    answers = csr_array(np.eye(1, 20, 7))
    lists = np.array([[0, 1, 2, 7, 4, 5, 6, 3, 8, 9]])
    assert judge_lists(lists, answers, 20).ndcg == pytest.approx(1 / np.log2(5))


def test_judgement__of_an_empty_list_is_nothing() -> None:
    found = judge_lists(np.full((4, 3), -1), ANSWERS, offered=4)
    assert (found.hit, found.ndcg, found.coverage) == (0, 0, 0)
    assert judge_lists(np.zeros((2, 3), int), csr_array((2, 4)), 4).people == 0
