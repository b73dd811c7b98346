"""`Bᵀ K B` by blocks equals the definition, and keeps the strongest."""

from __future__ import annotations

import numpy as np
import pytest

from ml.recommendations import cooccurrence
from ml.recommendations.cooccurrence import keep_strongest, spread_over_steps, strongest_neighbours
from ml.recommendations.interactions import interactions_of, steps_of
from ml.recommendations.neighbours import cosine_neighbours


def some_steps(chance: np.random.Generator, people: int = 12, products: int = 9):
    count = 80
    acts = interactions_of(
        chance.integers(0, people, count),
        chance.integers(0, products, count),
        chance.integers(0, 12, count),
        person_count=people,
        product_count=products,
    )
    return steps_of(acts)


@pytest.mark.parametrize(("back", "reach"), [(0.0, 3), (0.4, 2), (1.0, 50)])
def test_spread__weighs_pairs_of_steps_by_their_distance(back: float, reach: int) -> None:
    steps = some_steps(np.random.default_rng(1))
    dense = steps.contents.toarray()
    wanted = np.zeros_like(dense)
    for one in range(len(dense)):
        for other in range(len(dense)):
            gap = other - one
            if steps.owner[one] != steps.owner[other] or abs(gap) > reach:
                continue
            share = 0.7 if gap == 0 else (1.0 if gap > 0 else back) * abs(gap) ** -0.5
            wanted[one] += share * dense[other]
    found = spread_over_steps(steps, within=0.7, fade=0.5, back=back, reach=reach)
    assert np.allclose(found.toarray(), wanted, atol=1e-5)


def test_strongest__is_the_same_whatever_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = some_steps(np.random.default_rng(2)).by_person()
    gram = (matrix.T @ matrix).toarray()

    def weigh(first: int, rows: np.ndarray) -> np.ndarray:
        return rows / (1 + np.arange(first, first + len(rows)))[:, None]

    wanted = weigh(0, gram.copy())
    for own in (0.0, 1.0):
        diagonal = np.diag(np.diag(wanted)) * (1 - own)
        for block in (2, 4, 100):
            monkeypatch.setattr(cooccurrence, "BLOCK", block)
            found = strongest_neighbours(matrix, matrix, weigh, 99, own)
            assert np.allclose(found.toarray(), wanted - diagonal, atol=1e-6)


def test_keep_strongest__takes_the_greatest_positive_of_each_row() -> None:
    rows = np.array([[3.0, -1, 2, 1], [-2, -1, 0, -3], [5, 0, 0, 0]], np.float32)
    kept = keep_strongest(rows, 2).toarray()
    assert kept.tolist() == [[3, 0, 2, 0], [0, 0, 0, 0], [5, 0, 0, 0]]


def test_cosine__trusts_many_more_than_two() -> None:
    # Products 0 and 1 share ten people of ten; 2 and 3 share one of one, with a plain cosine as high.
    acts = interactions_of(
        [*range(10), *range(10), 10, 10],
        [0] * 10 + [1] * 10 + [2, 3],
        [0] * 22,
        person_count=11,
        product_count=4,
    )
    people = steps_of(acts).by_person()
    plain = cosine_neighbours(people, {"shrinkage": 0.0}, 3).toarray()
    shrunk = cosine_neighbours(people, {"shrinkage": 10.0}, 3).toarray()
    assert plain[0, 1] == pytest.approx(1)
    assert plain[2, 3] == pytest.approx(1)
    assert shrunk[0, 1] == pytest.approx(0.5)
    assert shrunk[2, 3] == pytest.approx(1 / 11)
