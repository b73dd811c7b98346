import math

import pytest

from ml.contract import Criterion
from ml.gate import judge, lost_ground
from ml.metrics import Reliability
from ml.terms import Gate

CRITERIA = (Criterion("log_loss", False), Criterion("auc", True))
GOOD = {"log_loss": 0.55, "auc": 0.75}
BASELINES = {"recency": {"log_loss": 0.62, "auc": 0.65}, "frequency": {"log_loss": 0.65, "auc": 0.6}}


def reliable(error: float) -> Reliability:
    return Reliability(5_000, error, 0.008, ())


@pytest.mark.parametrize(
    ("change", "champion", "error", "passes", "reason"),
    [
        ({}, None, 0.02, True, "better than every baseline"),
        ({}, {"log_loss": 0.56}, 0.02, True, "better than the champion"),
        ({}, {"log_loss": 0.54}, 0.02, False, "no better than the champion"),
        ({}, {"log_loss": 0.55}, 0.02, False, "no better than the champion"),
        ({}, None, 0.0201, False, "calibration error 0.0201 is above 0.02 (5000 out-of-fold rows"),
        ({"log_loss": 0.62}, None, 0.02, False, "no better than the baseline recency"),
        ({"auc": 0.65}, None, 0.02, False, "no better than the baseline recency"),
        ({"log_loss": math.nan}, {"log_loss": 0.9}, 0.02, False, "its log_loss is no number"),
    ],
)
def test_judge__lets_pass_what_is_calibrated_and_beats_baselines_and_champion(
    change, champion, error, passes, reason
):
    known = champion and {"auc": 0.7, **champion}
    verdict = judge(CRITERIA, {**GOOD, **change}, BASELINES, known, reliable(error), Gate())
    assert verdict.is_champion is passes
    assert verdict.reason.startswith(reason)


def test_judge__asks_for_every_baseline():
    strong = {**BASELINES, "frequency": {"log_loss": 0.5, "auc": 0.6}}
    verdict = judge(CRITERIA, GOOD, strong, None, None, Gate())
    assert verdict.reason.startswith("no better than the baseline frequency (log loss 0.5500, auc 0.7500;")


def test_judge__lets_a_model_that_speaks_no_probabilities_pass_without_calibration():
    assert judge(CRITERIA, GOOD, BASELINES, None, None, Gate()).is_champion


@pytest.mark.parametrize(
    ("champion", "lost"),
    [
        ({"log_loss": 0.6, "auc": 0.6, "calibration_error": 0.03}, ""),
        ({"log_loss": 0.62, "auc": 0.9}, "no better than the baseline recency any more"),
        (
            {"log_loss": 0.6, "auc": 0.6, "calibration_error": 0.04},
            "calibration error on the latest window is 0.0400",
        ),
        ({"log_loss": math.nan, "auc": 0.9}, "no better than the baseline recency any more"),
    ],
)
def test_lost_ground__tells_why_a_champion_would_not_pass_any_more(champion, lost):
    told = lost_ground(CRITERIA, champion, BASELINES, reliable(0.01), 5_000, Gate())
    assert (lost in told) if lost else not told
