"""Windows: nothing of the time after the cut-off is known, and nothing barred is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.recommendations.backtest import recommender_models
from ml.recommendations.interactions import interactions_of
from ml.recommendations.windows import window_between
from tests.unit.ml.recommendations.shop import CUTOFF, PRODUCTS, acts_of_taste, shelves, window


@pytest.mark.parametrize("name", recommender_models())
def test_window__what_came_after_it_changes_no_link(name: str) -> None:
    acts, model = acts_of_taste(), recommender_models()[name]
    chance = np.random.default_rng(8)
    after = acts.at >= CUTOFF
    other = np.where(after, chance.integers(0, PRODUCTS, len(acts)), acts.products).astype(np.int32)
    undone = np.where(chance.random(len(acts)) < 0.3, CUTOFF + 1, acts.undone_at)
    changed = replace(acts, products=other, undone_at=undone)
    one, two = window(acts), window(changed)
    assert (one.answers != two.answers).nnz > 100  # the change is a real one
    first, second = (model.learn(each.knowledge, model.grid[0]).links for each in (one, two))
    assert (first != second).nnz == 0
    assert (one.barred != two.barred).nnz == 0
    assert one.offered.tolist() == two.offered.tolist()


def small(**changed):
    """Two people: 0 bought a and saw b before the cut-off, bought both and saw c after it; 1 came after it."""
    acts = interactions_of(
        [0, 0, 0, 0, 0, 1],
        [0, 1, 0, 1, 2, 1],
        [1, 2, 11, 12, 12, 13],
        is_purchase=[True, False, True, True, False, True],
        person_count=2,
        product_count=PRODUCTS,
    )
    return window_between(acts, shelves(), 10, 20, pause=1, day=1, **changed)


def test_window__asks_for_what_is_new_of_those_it_knows() -> None:
    found = small()
    assert np.argwhere(found.answers.toarray()).tolist() == [[0, 1]]
    assert np.argwhere(found.barred.toarray()).tolist() == [[0, 0]]
    assert found.offered.nonzero()[0].tolist() == [0, 1]
    assert found.buyers == 1


def test_window__asks_for_consumables_again() -> None:
    found = small(is_consumable=np.ones(PRODUCTS, bool))
    assert np.argwhere(found.answers.toarray()).tolist() == [[0, 0], [0, 1]]
    assert found.barred.nnz == 0


def test_window__shows_again_what_was_given_back() -> None:
    acts = interactions_of(
        [0, 0, 0], [0, 1, 0], [1, 2, 11], undone_at=[5, 99, 99], person_count=1, product_count=PRODUCTS
    )
    found = window_between(acts, shelves(), 10, 20, pause=1, day=1)
    assert np.argwhere(found.answers.toarray()).tolist() == [[0, 0]]
    assert np.argwhere(found.barred.toarray()).tolist() == [[0, 1]]
