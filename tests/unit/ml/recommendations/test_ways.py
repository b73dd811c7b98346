"""Every way to recommend: it learns, beats what is popular where people have tastes, and says so where it can't."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from ml.contract import NotTrainable
from ml.recommendations import backtest
from ml.recommendations.backtest import best_of, judge, recommend, recommender_models, try_all
from ml.recommendations.catalogue import catalogue_of
from ml.recommendations.contract import Knowledge, RecommenderModel
from ml.recommendations.interactions import interactions_of
from ml.recommendations.models.ease import ease_weights
from ml.recommendations.models.sequence import DEFAULT
from ml.recommendations.popularity import in_season, popularity, popularity_by_place
from tests.unit.ml.recommendations.shop import PRODUCTS, acts_of_taste, shelves, window

WAYS = recommender_models()


@pytest.mark.parametrize("name", [name for name, model in WAYS.items() if not model.is_baseline])
def test_way__beats_what_is_popular(name: str) -> None:
    asked = window()
    popular, model = WAYS["popular"], WAYS[name]
    least = judge(popular.learn(asked.knowledge, popular.grid[0]), asked)
    found = judge(model.learn(asked.knowledge, model.grid[0]), asked)
    assert found.people == least.people > 100
    assert found.ndcg > least.ndcg * 1.2
    assert found.hit > least.hit


@pytest.mark.parametrize("name", WAYS)
def test_way__gives_links_without_negative_entries_for_each_choice(name: str) -> None:
    for settings in WAYS[name].grid:
        learned = WAYS[name].learn(window().knowledge, settings)
        assert learned.links.shape == (PRODUCTS, PRODUCTS)
        assert (learned.links.data >= 0).all()
        assert WAYS[name].words.format(product="x")


@pytest.mark.parametrize("name", WAYS)
def test_way__learns_the_same_from_the_same(name: str) -> None:
    one, other = (WAYS[name].learn(window().knowledge, WAYS[name].grid[0]).links for _ in range(2))
    assert (one != other).nnz == 0


@pytest.mark.parametrize("name", [name for name in WAYS if name not in ("popular", "similar")])
def test_way__refuses_to_learn_from_nothing(name: str) -> None:
    nothing = interactions_of([], [], [], person_count=3, product_count=PRODUCTS)
    with pytest.raises(NotTrainable):
        WAYS[name].learn(Knowledge(nothing, shelves(), 1), WAYS[name].grid[0])


def test_similar__refuses_products_of_which_nothing_is_known() -> None:
    acts = interactions_of([0], [0], [0], person_count=1, product_count=2)
    with pytest.raises(NotTrainable, match="category"):
        WAYS["similar"].learn(Knowledge(acts, catalogue_of(["a", "b"]), 1), WAYS["similar"].grid[0])


@pytest.mark.parametrize("name", WAYS)
def test_way__lives_with_one_product_and_with_people_of_no_history(name: str) -> None:
    acts = interactions_of(
        [0, 0, 1], [0, 0, 0], [1, 2, 3], is_purchase=[True, False, False], person_count=3, product_count=1
    )
    knowledge = Knowledge(acts, catalogue_of(["only"], category=["c"]), 5)
    learned = WAYS[name].learn(knowledge, WAYS[name].grid[0])
    barred = csr_array(np.array([[1.0], [0], [0]], np.float32))
    ranked = recommend(learned, knowledge, barred, np.ones(1, bool))
    assert ranked.people.tolist() == [1, 2]  # who bought it isn't shown it again


def test_newcomers__see_what_is_popular_where_they_live() -> None:
    # Product 0 is bought in place 0, product 1, more often, in place 1; the last two people did nothing yet.
    acts = interactions_of([0, 1, 2, 3, 4], [0, 0, 1, 1, 1], [0] * 5, person_count=7, product_count=2)
    knowledge = Knowledge(acts, catalogue_of(["a", "b"]), 5)
    learned = WAYS["also_bought"].learn(knowledge, WAYS["also_bought"].grid[0])
    nothing = csr_array((7, 2), dtype=np.float32)
    place = np.array([0, 0, 1, 1, 1, 0, -1])
    ranked = recommend(learned, knowledge, nothing, np.ones(2, bool), place=place)
    lists = ranked.lists(7, 2)
    assert lists[5].tolist() == [0, 1]
    assert lists[6].tolist() == [1, 0]


def test_people_of_little_history__see_what_is_popular_in_their_category() -> None:
    asked = window()
    learned = WAYS["also_bought"].learn(asked.knowledge, WAYS["also_bought"].grid[0])
    bare = replace(learned, links=csr_array((PRODUCTS, PRODUCTS), dtype=np.float32))
    ranked = recommend(bare, asked.knowledge, asked.barred, np.ones(PRODUCTS, bool), length=3)
    liked = (
        asked.knowledge.steps.by_person().toarray().reshape(-1, 4, PRODUCTS // 4).sum(axis=2).argmax(axis=1)
    )
    shown = ranked.lists(len(liked), 3) // (PRODUCTS // 4)
    assert (shown[:, 0] == liked).mean() > 0.95


def test_ease__is_the_closed_form() -> None:
    matrix = csr_array((np.random.default_rng(3).random((60, 8)) < 0.3).astype(np.float32))
    gram = (matrix.T @ matrix).toarray().astype(float) + 5 * np.eye(8)
    inverse = np.linalg.inv(gram)
    wanted = -inverse / np.diag(inverse)
    np.fill_diagonal(wanted, 0)
    assert np.allclose(ease_weights(matrix, 5).toarray(), np.maximum(wanted, 0), atol=1e-4)


def test_backtest__goes_on_without_a_way_that_can_not_learn() -> None:
    def refuses(knowledge, settings):
        raise NotTrainable("0 of 1")

    models = {"broken": RecommenderModel("", "", refuses), "similar": WAYS["similar"]}
    trials, refused = try_all(models, window())
    assert refused == {"broken": "0 of 1"}
    assert best_of(trials).name == "similar"
    with pytest.raises(NotTrainable):
        best_of([])


def test_sample__asks_fewer_people_the_same_ones() -> None:
    asked = window()
    fewer = asked.sampled(20, seed=4)
    assert fewer.buyers == 20
    assert (fewer.answers != asked.sampled(20, seed=4).answers).nnz == 0
    assert asked.sampled(10_000, seed=4) is asked


def test_huge_baskets__are_cut_and_lists_still_made(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = acts_of_taste()
    everything = interactions_of(
        [0] * PRODUCTS * 50,
        list(range(PRODUCTS)) * 50,
        range(PRODUCTS * 50),
        person_count=1,
        product_count=PRODUCTS,
    )
    monkeypatch.setattr("ml.recommendations.interactions.MOST_ACTS", 60)
    acts = replace(
        shop,
        **{
            name: np.concatenate([getattr(shop, name), getattr(everything, name)])
            for name in ("people", "products", "at", "weight", "is_purchase", "undone_at")
        },
    )
    asked = window(acts)
    trials, refused = try_all(WAYS, asked)
    assert not refused
    assert all(np.isfinite(each.quality.ndcg) for each in trials)
    assert backtest.best_of(trials).quality.hit > 0.5


def test_popularity__halves_with_age() -> None:
    acts = interactions_of([0, 1, 2], [0, 1, 1], [100, 90, 80], person_count=3, product_count=3)
    knowledge = Knowledge(acts, catalogue_of(["a", "b", "c"]), cutoff=100, day=1)
    assert popularity(knowledge, 10).tolist() == [1, 0.75, 0]
    assert popularity(knowledge, 0).tolist() == [1, 2, 0]
    by_place = popularity_by_place(knowledge, 0, np.array([1, -1, 0]))
    assert by_place.tolist() == [[0, 1, 0], [1, 0, 0]]
    assert popularity_by_place(knowledge, 0, np.full(3, -1)).shape == (0, 3)


def test_season__is_what_was_taken_of_late() -> None:
    acts = interactions_of([0] * 20, [0, 1] * 10, [100, 1] * 10, person_count=1, product_count=2)
    knowledge = Knowledge(acts, catalogue_of(["a", "b"]), cutoff=100, day=1)
    assert in_season(knowledge, days=10).round(3).tolist() == [0.55, 0.051]
    plain, seasonal = (
        WAYS["ease"].learn(knowledge, {"ridge": 1.0, "season": season, "fade": 0.0}).links.toarray()
        for season in (0.0, 1.0)
    )
    assert np.allclose(seasonal, plain * in_season(knowledge))
    assert plain[0, 1] == pytest.approx(plain[1, 0]) != 0


def test_similar__puts_the_popular_ones_of_a_kind_first() -> None:
    acts = interactions_of([0, 1, 2, 3], [0, 1, 1, 3], [1] * 4, person_count=4, product_count=5)
    shelf = catalogue_of(list("abcde"), category=["x", "x", "x", "y", ""])
    found = WAYS["similar"].learn(Knowledge(acts, shelf, 1), WAYS["similar"].grid[0]).links.toarray()
    assert found[0, 1] > found[0, 2] > 0
    assert not found[0, 3:].any()
    assert not found[4].any()


def test_sequence__knows_what_follows_what_and_what_is_alike() -> None:
    people = 30
    # Everyone takes 0, then 1, much later 2; product 3 is new, and of the kind of 0.
    acts = interactions_of(
        np.repeat(np.arange(people), 3),
        [0, 1, 2] * people,
        [1, 2, 3] * people,
        person_count=people,
        product_count=4,
    )
    shelf = catalogue_of(list("abcd"), category=["x", "y", "z", "x"])
    links = WAYS["sequence"].learn(Knowledge(acts, shelf, 9), DEFAULT).links.toarray()
    assert links[0, 1] > links[0, 2] > 0
    assert links[0, 1] > links[1, 0] > 0
    assert links[0, 3] > 0
    assert not links[1, 3]
    without = (
        WAYS["sequence"].learn(Knowledge(acts, shelf, 9), {**DEFAULT, "attributes": 0.0}).links.toarray()
    )
    assert not without[:, 3].any()
