import numpy as np
import pandas as pd
import pytest

from ml.binary.baselines import RFM, best_column, last_value, rfm_rule
from ml.binary.inputs import Inputs, find_inputs
from ml.binary.split import Split, Window
from ml.features import FeatureTable

ROWS = 1_000


def window(seed: int) -> Window:
    """Who did it before does it again in 8 of 10, the others in 2 of 10; recency tells the same."""
    chance = np.random.default_rng(seed)
    before = (chance.random(ROWS) < 0.5).astype(float)
    answers = (chance.random(ROWS) < np.where(before == 1, 0.8, 0.2)).astype(float)
    values = np.column_stack(
        [np.where(before == 1, 3.0, 60.0), chance.integers(1, 9, ROWS), np.full(ROWS, np.nan)]
    )
    cutoffs = np.full(ROWS, np.datetime64("2026-05-01", "us"))
    profiles = np.array([f"p{number}" for number in range(ROWS)])
    return Window(FeatureTable(profiles, cutoffs, RFM, values, answers, before), answers)


@pytest.fixture(scope="module")
def split():
    return Split(window(1), window(2), np.datetime64("2026-05-01"))


def test_last_value__tells_the_rates_of_those_who_did_and_did_not(split):
    told = last_value(split, Inputs(RFM))
    did = split.test.rows.before == 1
    assert told[did] == pytest.approx(np.full(did.sum(), 0.8), abs=0.05)
    assert told[~did] == pytest.approx(np.full((~did).sum(), 0.2), abs=0.05)


def test_rfm_rule__tells_recency_from_the_rest_and_bears_unknown_values(split):
    told = rfm_rule(split, Inputs(RFM))
    recent = split.test.rows.column("days_since_last_order") < 10
    assert told[recent].mean() > 0.7
    assert told[~recent].mean() < 0.3


def test_best_column__is_the_one_that_tells_most(split):
    frame = split.train.rows.frame().assign(plan=np.where(split.train.answers == 1, "a", "b"))
    inputs = find_inputs(frame)
    matrix = inputs.matrix(frame)
    name, told = best_column(inputs, matrix, split.train.answers, inputs.matrix(frame.assign(plan="new")))
    assert name == "plan"
    assert len(set(told)) == 1
    assert 0 < told[0] < 1


def test_rates__begin_with_the_general_one():
    frame = pd.DataFrame({"x": ["rare"] * 3 + ["usual"] * 997})
    answers = np.concatenate([np.ones(3), (np.arange(997) % 2).astype(float)])
    inputs = Inputs((), {"x": ("rare", "usual")})
    _, told = best_column(inputs, inputs.matrix(frame), answers, inputs.matrix(frame))
    assert told[0] == pytest.approx((3 + 10 * answers.mean()) / 13)
