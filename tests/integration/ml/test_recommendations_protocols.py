"""The protocols on real sequences and orders: a sample each time, the whole under `make soak`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.protocols import recommendations_beauty as beauty
from ml.protocols import recommendations_online_retail as retail
from ml.protocols.contract import evaluate_protocol
from ml.recommendations.backtest import judge, recommender_models
from ml.recommendations.catalogue import catalogue_of

pytestmark = pytest.mark.real_data
PEOPLE, OFTEN = 4_000, 2_500


@pytest.fixture
def file(shared_data: Path) -> Path:
    return shared_data / "amazon_sequences" / "Beauty.txt.gz"


def test_beauty__asks_each_person_for_the_last_and_knows_nothing_of_it(file: Path) -> None:
    sequences = beauty.read_sequences(file)[:PEOPLE]
    products = int(max(each.max() for each in sequences)) + 1
    catalogue = beauty.read_catalogue(file.with_name("Beauty_item2attributes.json.gz"), 12_101)
    assert (len(catalogue), products <= 12_101) == (12_101, True)
    for left_out in (1, 2):
        window = beauty.window_of(sequences, catalogue, left_out)
        known = window.knowledge.interactions
        assert len(known) == sum(len(each) - left_out for each in sequences)
        assert np.array_equal(window.answers.indices, [each[-left_out] for each in sequences])
        pairs = set(zip(known.people.tolist(), known.products.tolist(), strict=True))
        assert not {(n, int(each[-left_out])) for n, each in enumerate(sequences)} & pairs


def test_beauty__what_follows_beats_what_stands_together(file: Path) -> None:
    whole = beauty.read_sequences(file)
    often = np.sort(np.argsort(-np.bincount(np.concatenate(whole)), kind="stable")[:OFTEN])
    kept = [np.searchsorted(often, each[np.isin(each, often)]) for each in whole]
    known = beauty.read_catalogue(file.with_name("Beauty_item2attributes.json.gz"), 12_101)
    catalogue = catalogue_of(often.astype(str), attributes=known.attributes[often])
    window = beauty.window_of([each for each in kept if len(each) > 2], catalogue, 2)
    ways = recommender_models()
    following, together, popular = (
        judge(ways[name].learn(window.knowledge, ways[name].grid[-1]), window)
        for name in ("sequence", "also_bought", "popular")
    )
    assert following.people > 5_000
    assert following.ndcg > 1.2 * together.ndcg
    assert together.ndcg > 2 * popular.ndcg


def test_retail__holds_the_lines_that_are_known_to_be_bought(shared_data: Path) -> None:
    acts, catalogue = retail.read_acts(shared_data / "online_retail" / "online_retail.parquet")
    # 397,884 lines of 4,338 customers, less postage, fees and other lines without a product's number.
    assert (len(acts), acts.person_count, len(catalogue)) == (396_337, 4_334, 3_659)
    assert np.bincount(acts.people).min() > 0


@pytest.mark.soak
@pytest.mark.usefixtures("in_full")
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("protocol", ["beauty", "online_retail"])
def test_protocol__reaches_what_is_wanted(protocol: str, shared_data: Path) -> None:
    found = evaluate_protocol("recommendations", protocol, shared_data)
    assert [each for each in found.checks if not each.is_met] == []
    assert found.checks
