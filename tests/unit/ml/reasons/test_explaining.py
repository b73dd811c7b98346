import json

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, QuantileTransformer, SplineTransformer

from ml.reasons.explaining import contributions_of, effects_by_exchange, effects_on_score
from ml.reasons.telling import tell_reasons
from ml.reasons.words import phrase_of

COLUMNS = ["days_since_last_order", "order_count_30d", "order_count", "plan"]


def world(rows: int = 2_000, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame(chance.gamma(2, 10, size=(rows, 4)), columns=COLUMNS)
    frame["plan"] = chance.integers(0, 3, rows).astype(float)
    frame = frame.mask(chance.random(frame.shape) < 0.1)
    known = frame.fillna(0)
    pull = known["days_since_last_order"] - known["order_count"] + 20 * (frame["plan"] == 1)
    return frame, (pull + 10 * chance.normal(size=rows) > 5).to_numpy().astype(int)


def line():
    """Ranks and splines of numbers, categories one by one: many outputs for each input."""
    imputer = SimpleImputer(strategy="median", add_indicator=True)
    numbers = make_pipeline(imputer, QuantileTransformer(n_quantiles=50), SplineTransformer(n_knots=4))
    parts = [
        ("numbers", numbers, COLUMNS[:3]),
        ("plans", OneHotEncoder(handle_unknown="ignore"), COLUMNS[3:]),
    ]
    return make_pipeline(ColumnTransformer(parts), LogisticRegression(max_iter=500))


def forms() -> dict:
    trees = HistGradientBoostingClassifier(max_iter=20, categorical_features=["plan"], random_state=1)
    plain = make_pipeline(SimpleImputer(strategy="median"), LogisticRegression(max_iter=500))
    stack = StackingClassifier(
        [("trees", trees), ("line", line())], LogisticRegression(), cv=3, stack_method="decision_function"
    )
    return {"trees": trees, "plain line": plain, "line": line(), "stack": stack}


@pytest.fixture(scope="module", params=list(forms()))
def fitted(request):
    return forms()[request.param].fit(*world())


def test_contributions__add_up_to_the_margin(fitted):
    frame, _ = world(seed=2)
    found = contributions_of(fitted, frame)
    assert found.columns == tuple(COLUMNS)
    assert found.margins == pytest.approx(fitted.decision_function(frame), abs=1e-4)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_effects__add_up_to_the_distance_from_the_usual_score(fitted, method):
    frame, answers = world(seed=3)
    bent = CalibratedClassifierCV(FrozenEstimator(fitted), method=method).fit(frame, answers)
    found, scores = contributions_of(bent, frame), bent.predict_proba(frame)[:, 1]
    effects = effects_on_score(found, scores)
    order = np.argsort(found.margins)
    usual = np.interp(found.usual, found.margins[order], scores[order])
    far = (np.abs(scores - usual) > 0.01) & (np.abs(found.margins - found.usual) > 0.01)
    assert far.mean() > 0.7
    assert effects.sum(axis=0)[far] == pytest.approx((scores - usual)[far], abs=1e-4)


def test_contributions__of_a_line_are_weight_times_distance_from_the_mean():
    frame, answers = world()
    frame = frame.fillna(0)
    plain = LogisticRegression(max_iter=500).fit(frame, answers)
    by_hand = (frame.to_numpy() - frame.to_numpy().mean(axis=0)) * plain.coef_[0]
    found = contributions_of(plain, frame)
    assert np.abs(found.values.T - by_hand).max() < 1e-4


def test_contributions__of_forms_that_cannot_be_taken_apart_are_none():
    frame, answers = world(300)
    forest = RandomForestClassifier(5, max_depth=3).fit(frame, answers)
    mixed = make_pipeline(
        SimpleImputer(), QuantileTransformer(n_quantiles=50), PolynomialFeatures(), LogisticRegression()
    )
    assert contributions_of(forest, frame) is None
    assert contributions_of(mixed.fit(frame, answers), frame) is None


def test_effects_by_exchange__are_the_score_less_that_at_the_median():
    frame, answers = world(300)
    forest = RandomForestClassifier(5, max_depth=3, random_state=1).fit(frame, answers)
    predict = lambda rows: forest.predict_proba(rows)[:, 1]  # noqa: E731
    effects = effects_by_exchange(predict, frame, predict(frame), ("order_count",))
    usual = frame.assign(order_count=frame["order_count"].median())
    assert effects[2] == pytest.approx(predict(frame) - predict(usual), abs=1e-6)
    assert (effects[[0, 1, 3]] == 0).all()


def test_tell_reasons__names_the_strongest_first_in_words():
    values = np.array([[74.0, 2.0, 9.0, 1.0], [20.0, np.nan, 4.0, 0.0], [1.0, 1.0, 4.0, np.nan]])
    effects = np.array([[0.2, 0.0001, 0.0], [-0.1, 0.3, 0.0], [0.0, 0.01, 0.0], [0.15, 0.0, 0.0]])
    told = tell_reasons(COLUMNS, values, effects, "probability", {"plan": ["no “plan”", "two years"]})
    first, second, third = (json.loads(each) for each in told.to_pylist())
    assert [each["words"] for each in first] == [
        "74 days since the last order (usually 20): +20 points",
        "plan: two years: +15 points",
        "2 orders in the last 30 days (usually 1.5): −10 points",
    ]
    assert first[0] | {"words": ""} == {
        "feature": "days_since_last_order",
        "value": 74,
        "median": 20,
        "effect": 0.2,
        "words": "",
    }
    assert [each["words"] for each in second] == [
        "order count 30d unknown: +30 points",
        "4 orders so far (usually 4): +1 points",
    ]
    assert second[0]["value"] is None
    assert third == []


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ("search_count_7d", "3 searches in the last 7 days"),
        ("message_sent_count_90d", "3 messages sent in the last 90 days"),
        ("active_day_count", "3 active days so far"),
        ("mean_gap_days", "mean gap: 3 days"),
        ("average_order_amount", "average order amount: 3"),
        ("category_count", "3 categories so far"),
    ],
)
def test_phrase__speaks_of_a_feature(feature, words):
    before, after = phrase_of(feature)
    assert f"{before}3{after}" == words
