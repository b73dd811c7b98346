import numpy as np
import pytest

from ml.next_order.backtest import crps, judge
from ml.next_order.outlook import Outlook

SURE = Outlook(np.arange(1.0, 11.0), (np.arange(1, 11) >= np.array([[3], [3], [11]])).astype(float))


def test_crps__of_one_day_is_its_error_with_the_outlook_as_the_latest():
    waited = np.array([3.0, 5.0, np.inf])
    assert crps(SURE, waited).tolist() == [0, 2, 0]
    assert crps(SURE, np.array([1.0, np.inf, 4.0])).tolist() == [2, 8, 7]


def test_crps__is_least_for_the_truth():
    chance = np.random.default_rng(1)
    truth = np.minimum(np.arange(1, 31) / 60, 1)
    waited = np.where(chance.random(20_000) < 0.5, chance.integers(1, 31, 20_000).astype(float), np.inf)
    scores = {
        shift: crps(
            Outlook(np.arange(1.0, 31.0), np.tile((truth + shift).clip(0, 1), (20_000, 1))), waited
        ).mean()
        for shift in (-0.1, 0.0, 0.1)
    }
    assert min(scores, key=scores.get) == 0.0


def test_judge__gives_figures_worked_out_by_hand():
    found = judge(SURE, np.array([3.0, 5.0, np.inf]))
    assert found.customers == 3
    assert found.returned == pytest.approx(2 / 3)
    assert found.crps == pytest.approx(2 / 3)
    assert found.median_error == pytest.approx(2 / 3)
    assert found.coverage == 0.5
    assert found.any_calibration_error == 0


def test_judge__of_a_window_to_which_nobody_came_has_no_coverage():
    assert np.isnan(judge(SURE, np.full(3, np.inf)).coverage)
