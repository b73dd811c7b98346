"""Contributions of trees, held against the definition of Shapley's value: all subsets, one by one."""

from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from ml.reasons.trees import boosted_contributions


def world(rows: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Numbers with unknown values, whole numbers, a column unknown to all but a few, and a category by codes."""
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame(chance.normal(size=(rows, 4)), columns=list("abcd"))
    frame["b"] = frame["b"].round()
    frame = frame.mask(chance.random(frame.shape) < 0.15)
    frame["plan"] = chance.choice([0.0, 1.0, 2.0, 3.0, np.nan], rows)
    known = frame.fillna(0)
    pull = known["a"] + known["a"] * known["b"] + 2 * frame["plan"].isin([1.0, 3.0]) + frame["c"].isna()
    return frame, (pull + chance.normal(size=rows) > 1).to_numpy().astype(int)


@pytest.fixture(params=[False, True], ids=["numbers", "categories"])
def model(request):
    """A small one, so that subsets can be counted through."""
    frame, answers = world(1_500, 1)
    categories = ["plan"] if request.param else None
    made = HistGradientBoostingClassifier(
        max_iter=6, max_leaf_nodes=9, min_samples_leaf=5, categorical_features=categories, random_state=1
    )
    return made.fit(frame, answers)


def expected(tree, row: np.ndarray, known: set[int], at: int = 0) -> float:
    """The tree's value where only some features are known; at the others both ways, by their counts."""
    node = tree.nodes[at]
    if node["is_leaf"]:
        return float(node["value"])
    left, right = int(node["left"]), int(node["right"])
    if node["feature_idx"] in known:
        return expected(tree, row, known, left if goes_left(tree, node, row[node["feature_idx"]]) else right)
    counts = [float(tree.nodes[child]["count"]) for child in (left, right)]
    told = [expected(tree, row, known, child) for child in (left, right)]
    return float(np.dot(counts, told) / sum(counts))


def goes_left(tree, node, value: float) -> bool:
    if np.isnan(value):
        return bool(node["missing_go_to_left"])
    if node["is_categorical"]:
        words = tree.raw_left_cat_bitsets[node["bitset_idx"]]
        return bool(int(words[int(value) // 32]) >> (int(value) % 32) & 1)
    return value <= node["num_threshold"]


def counted_through(model, row: np.ndarray) -> np.ndarray:
    """Shapley's value of each feature, by its definition."""
    count = len(row)
    told = np.zeros(count)
    for stage in model._predictors:
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for subset in combinations(range(count), size):
                without = expected(stage[0], row, set(subset))
                for feature in set(range(count)) - set(subset):
                    told[feature] += weight * (expected(stage[0], row, {*subset, feature}) - without)
    return told


def test_boosted_contributions__are_the_shapley_values(model):
    frame, _ = world(4, 2)
    values, _ = boosted_contributions(model, frame)
    put = np.asarray(model._preprocess_X(frame, reset=False), float)
    names = list(frame.columns)
    order = ["plan", *"abcd"] if model._preprocessor is not None else names
    for number in range(len(frame)):
        slow = dict(zip(order, counted_through(model, put[number]), strict=True))
        assert values[:, number] == pytest.approx([slow[name] for name in names], abs=1e-6)


def test_boosted_contributions__add_up_to_the_margin(model):
    frame, _ = world(3_000, 3)
    frame.loc[:50, "plan"] = 7.0  # a category that training never met
    values, usual = boosted_contributions(model, frame)
    assert values.sum(axis=0) + usual == pytest.approx(model.decision_function(frame), abs=1e-5)


def test_boosted_contributions__know_splits_between_known_and_unknown():
    frame = pd.DataFrame({"seen": np.where(np.arange(400) % 2, 1.0, np.nan), "age": np.arange(400.0)})
    answers = (np.arange(400) % 2) * (np.arange(400) > 100)
    model = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=5).fit(frame, answers)
    assert any(np.isinf(stage[0].nodes["num_threshold"]).any() for stage in model._predictors)
    values, usual = boosted_contributions(model, frame)
    assert values.sum(axis=0) + usual == pytest.approx(model.decision_function(frame), abs=1e-5)


def test_boosted_contributions__know_amounts_and_refuse_more_than_two_classes():
    frame, answers = world(800, 4)
    amounts = answers * 10.0 + frame["a"].fillna(0).to_numpy()
    regressor = HistGradientBoostingRegressor(max_iter=10, random_state=1).fit(frame, amounts)
    values, usual = boosted_contributions(regressor, frame)
    assert values.sum(axis=0) + usual == pytest.approx(regressor.predict(frame), abs=1e-4)
    three = HistGradientBoostingClassifier(max_iter=3).fit(frame, np.arange(800) % 3)
    assert boosted_contributions(three, frame) is None


def test_boosted_contributions__of_many_intervals_are_numbered_by_sorting(model, monkeypatch):
    frame, _ = world(500, 5)
    usual = boosted_contributions(model, frame)[0]
    monkeypatch.setattr("ml.reasons.trees.TABLE_SIZE", 1)
    assert (boosted_contributions(model, frame)[0] == usual).all()
