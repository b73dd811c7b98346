"""Lists: the best that may be shown, explained, topped up, the same whatever the batch."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from ml.recommendations import ranking
from ml.recommendations.contract import Recommender
from ml.recommendations.ranking import BATCH, MOST_PRODUCTS, NOBODY, Request, rank_products

PEOPLE, PRODUCTS, LENGTH = 37, 25, 6


def sparse(chance: np.random.Generator, rows: int, columns: int, share: float) -> csr_array:
    values = chance.random((rows, columns), dtype=np.float32) + np.float32(0.1)
    return csr_array(np.where(chance.random((rows, columns)) < share, values, 0).astype(np.float32))


def request(chance: np.random.Generator, **changed) -> Request:
    people = np.ones((PEOPLE, 1), np.float32)
    people[3] = 0  # one without a history
    history = csr_array(sparse(chance, PEOPLE, PRODUCTS, 0.2).multiply(people))
    reserve = np.concatenate([chance.permutation(PRODUCTS), [NOBODY] * 3])
    given = {
        "history": history,
        "barred": csr_array((sparse(chance, PEOPLE, PRODUCTS, 0.3) > 0).astype(np.float32)),
        "offered": chance.random(PRODUCTS) < 0.8,
        "reserves": np.array([reserve, reserve[::-1]]),
        "group": chance.integers(0, 2, PEOPLE),
        "length": LENGTH,
    }
    asked = {**given, **changed}
    asked["reserves"] = np.where(
        (asked["reserves"] >= 0) & ~asked["offered"][asked["reserves"]], NOBODY, asked["reserves"]
    )
    history.eliminate_zeros()
    return Request(**asked)


def by_definition(links: np.ndarray, asked: Request, person: int) -> list[tuple[int, int]]:
    """Products with the one that spoke for each, NOBODY where they are popular."""
    own, barred = asked.history.toarray()[person], asked.barred.toarray()[person]
    score = own @ links
    able = [p for p in range(PRODUCTS) if asked.offered[p] and not barred[p]]
    first = sorted((p for p in able if score[p] > 0), key=lambda p: (-score[p], p))[:LENGTH]
    found = [(p, int(np.argmax(own * links[:, p]))) for p in first]
    for product in asked.reserves[asked.group[person]]:
        if product >= 0 and product in able and product not in first and len(found) < LENGTH:
            found.append((int(product), NOBODY))
    return found


@pytest.mark.parametrize("batch", [5, BATCH])
@pytest.mark.parametrize("seed", range(4))
def test_ranks__are_those_of_the_definition(seed: int, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "BATCH", batch)
    chance = np.random.default_rng(seed)
    links, asked = sparse(chance, PRODUCTS, PRODUCTS, 0.1), request(chance)
    ranked = rank_products(Recommender("any", {}, links, 0.0), asked)
    for person in range(PEOPLE):
        mine = ranked.people == person
        found = list(zip(ranked.products[mine].tolist(), ranked.because[mine].tolist(), strict=True))
        assert found == by_definition(links.toarray(), asked, person), person
        assert ranked.rank[mine].tolist() == list(range(1, len(found) + 1))
    assert len(ranked) == sum(len(by_definition(links.toarray(), asked, each)) for each in range(PEOPLE))


def test_ranks__with_nothing_in_stock_are_none() -> None:
    chance = np.random.default_rng(9)
    asked = request(chance, offered=np.zeros(PRODUCTS, bool))
    assert not len(rank_products(Recommender("any", {}, sparse(chance, PRODUCTS, PRODUCTS, 0.5), 0.0), asked))


def test_ranks__of_nobody_are_none() -> None:
    none = csr_array((0, PRODUCTS), dtype=np.float32)
    chance = np.random.default_rng(9)
    asked = request(chance, history=none, barred=none, group=np.empty(0, np.int64))
    assert not len(rank_products(Recommender("any", {}, sparse(chance, PRODUCTS, PRODUCTS, 0.5), 0.0), asked))


def test_ranks__with_one_product_show_it_or_nothing() -> None:
    links = csr_array((1, 1), dtype=np.float32)
    own = csr_array(np.array([[1.0], [0.0]], np.float32))
    asked = Request(own, own, np.ones(1, bool), np.zeros((1, 1), np.int64), np.zeros(2, np.int64))
    ranked = rank_products(Recommender("any", {}, links, 0.0), asked)
    assert (ranked.people.tolist(), ranked.products.tolist()) == ([1], [0])


def test_ranks__pack_into_one_number() -> None:
    assert BATCH * 2**32 * MOST_PRODUCTS == 2**64
