from datetime import timedelta

import numpy as np
import pytest

from ml.binary.split import split_by_time
from ml.contract import NotTrainable
from ml.features import FeatureTable
from ml.terms import FeaturePrediction


def world(months: int, per_month: int = 100):
    """One cut-off each 30 days; every other person answers yes; the last cut-off's answers are unknown."""
    months_of = np.repeat(np.arange(months), per_month)
    cutoffs = np.datetime64("2026-01-01", "us") + months_of * np.timedelta64(30, "D")
    answers = np.where(months_of == months - 1, np.nan, np.arange(len(months_of)) % 2)
    profiles = np.array([f"p{number % per_month}" for number in range(len(months_of))])
    return FeatureTable(profiles, cutoffs, ("x",), np.zeros((len(profiles), 1)), answers), answers


def prediction(days: int, **more) -> FeaturePrediction:
    given = {"minimum_rows": 50, "minimum_of_each_answer": 10, **more}
    return FeaturePrediction.model_validate(
        {"description": "d", "model": "churn", "horizon": f"{days}d", "label": "a_label", **given}
    )


@pytest.mark.parametrize("days", [7, 30, 60, 90])
def test_split__lets_no_window_know_the_answers_of_a_later_one(days):
    split = split_by_time(*world(12), prediction(days))
    horizon = timedelta(days=days)
    assert split.train.rows.cutoffs.max().item() + horizon <= split.calibrate.rows.cutoffs.min().item()
    assert split.calibrate.rows.cutoffs.max().item() + horizon <= split.test_cutoff.item()


def test_split__tests_on_the_latest_known_cut_off_and_trains_on_all_that_may():
    table, answers = world(6)
    split = split_by_time(table, answers, prediction(30))
    assert split.test_cutoff == np.unique(table.cutoffs)[4]
    assert [len(window.rows) for window in (split.train, split.calibrate, split.test)] == [300, 100, 100]


@pytest.mark.parametrize(
    ("months", "more", "reason"),
    [
        (3, {}, "2 cut-offs with known answers, at least 3 that lie 30 days apart"),
        (1, {}, "0 cut-offs with known answers"),
        (6, {"minimum_rows": 101}, "100 rows in the calibration window, at least 101"),
        (6, {"minimum_of_each_answer": 51}, "50 yes and 50 no in the calibration window, at least 51"),
    ],
)
def test_split__refuses_with_counts(months, more, reason):
    with pytest.raises(NotTrainable, match=reason):
        split_by_time(*world(months), prediction(30, **more))
