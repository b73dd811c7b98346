import numpy as np
import pytest

from ml.metrics import GAIN_AT, Bin, calibration_error, gains, judge_scores, reliability


def test_reliability__bins_people_equally_by_score():
    scores = np.linspace(0.05, 0.95, 25)
    answers = (np.arange(25) % 2).astype(float)
    bins = reliability(answers, scores)
    assert sum(each.count for each in bins) == 25
    assert {each.count for each in bins} <= {2, 3}
    assert [each.mean_score for each in bins] == sorted(each.mean_score for each in bins)


def test_reliability__of_fewer_people_than_bins_has_a_bin_each():
    assert len(reliability(np.array([0.0, 1.0, 1.0]), np.array([0.1, 0.6, 0.7]))) == 3


def test_calibration_error__is_the_mean_distance_weighted_by_people():
    assert calibration_error([Bin(30, 0.2, 0.3), Bin(10, 0.5, 0.1)]) == pytest.approx(
        (30 * 0.1 + 10 * 0.4) / 40
    )


def test_judge_scores__gives_figures_worked_out_by_hand():
    answers = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.8, 0.9])
    quality = judge_scores(answers, scores)
    # Of 24 pairs of a no and a yes, the yes lies higher in 19.
    assert quality.auc == pytest.approx(19 / 24)
    assert quality.base_rate == 0.6
    assert quality.lift_at_10 == pytest.approx(1 / 0.6)
    assert quality.brier == pytest.approx(((scores - answers) ** 2).mean())
    assert quality.log_loss == pytest.approx(-np.log(np.where(answers == 1, scores, 1 - scores)).mean())


def test_judge_scores__survives_scores_of_zero_and_one():
    quality = judge_scores(np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0]))
    assert np.isfinite(quality.log_loss)


def test_gains__are_the_yeses_reached_with_the_highest_scores():
    answers = np.array([0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.8, 0.9])
    found = gains(answers, scores)
    assert list(found) == [f"gain_at_{share:02d}" for share in GAIN_AT]
    # From the top: yes, yes, yes, no, yes, no, yes, yes, no, no; six in all.
    assert [found[f"gain_at_{share}"] * 6 for share in (10, 20, 30, 40, 50, 60, 70, 80, 90)] == pytest.approx(
        [1, 2, 3, 3, 4, 4, 5, 6, 6]
    )
    assert gains(np.zeros(3), np.ones(3))["gain_at_90"] == 0.0
