from datetime import datetime, timedelta

import numpy as np
import pytest

from ml.binary.split import folds_of, split_by_time
from ml.contract import NotTrainable
from ml.features import FeatureTable
from ml.goals import BinaryPrediction


def world(months: int, per_month: int = 100, silent=None) -> FeatureTable:
    """One cut-off each 30 days; every other person answers yes; the last cut-off's answers are unknown."""
    months_of = np.repeat(np.arange(months), per_month)
    cutoffs = np.datetime64("2026-01-01", "us") + months_of * np.timedelta64(30, "D")
    answers = np.where(months_of == months - 1, np.nan, np.arange(len(months_of)) % 2)
    profiles = np.array([f"p{number % per_month}" for number in range(len(months_of))])
    values = np.zeros((len(profiles), 1))
    return FeatureTable(profiles, cutoffs, ("x",), values, answers, silent=silent or {})


def prediction(days: int, **more) -> BinaryPrediction:
    given = {"minimum_rows": 50, "minimum_of_each_answer": 10, "goal": {"event": "Order Completed"}, **more}
    return BinaryPrediction.model_validate(
        {"description": "d", "model": "churn", "horizon": f"{days}d", **given}
    )


@pytest.mark.parametrize("days", [7, 30, 60, 90])
def test_split__lets_no_window_know_the_answers_of_a_later_one(days):
    split = split_by_time(world(12), prediction(days))
    assert split.train.rows.cutoffs.max().item() + timedelta(days=days) <= split.test_cutoff.item()


def test_split__tests_on_the_latest_known_cut_off_and_trains_on_all_that_may():
    table = world(6)
    split = split_by_time(table, prediction(30))
    assert split.test_cutoff == np.unique(table.cutoffs)[4]
    assert [len(window.rows) for window in (split.train, split.test)] == [400, 100]


@pytest.mark.parametrize(
    ("months", "more", "reason"),
    [
        (2, {}, "1 cut-offs with known answers, at least 2 that lie 30 days apart"),
        (1, {}, "0 cut-offs with known answers"),
        (6, {"minimum_rows": 101}, "100 rows in the test window, at least 101"),
        (6, {"minimum_of_each_answer": 51}, "50 yes and 50 no in the test window, at least 51"),
        (6, {"minimum_rows": 401}, "400 rows in the training windows, at least 401"),
    ],
)
def test_split__refuses_with_counts(months, more, reason):
    with pytest.raises(NotTrainable, match=reason):
        split_by_time(world(months), prediction(30, **more))


def test_split__says_which_windows_became_unknown_by_silence():
    silent = {datetime(2026, 1, 1): timedelta(days=12)}
    with pytest.raises(NotTrainable, match=r"unknown after 2026-01-01 \(silent for 12 days\)"):
        split_by_time(world(2, silent=silent), prediction(30))


def test_folds__keep_all_rows_of_a_person_together():
    train = split_by_time(world(6), prediction(30)).train
    folds = folds_of(train)
    assert {len(set(folds[train.rows.profiles == each])) for each in set(train.rows.profiles)} == {1}
    assert np.bincount(folds).min() > 100


def test_folds__are_refused_where_one_person_holds_every_yes():
    table = world(6)
    alone = (table.profiles == "p0").astype(float)
    lonely = FeatureTable(
        table.profiles, table.cutoffs, ("x",), table.values, np.where(np.isnan(table.label), np.nan, alone)
    )
    mask = ~np.isnan(lonely.label)
    from ml.binary.split import Window

    with pytest.raises(NotTrainable, match="100 people in the training windows: too few"):
        folds_of(Window(lonely.take(mask), lonely.label[mask]))
