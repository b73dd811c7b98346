import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from ml.binary.fitting import CALIBRATIONS, calibrate, probabilities
from ml.metrics import calibration_error, judge_scores, reliability


@pytest.fixture(scope="module")
def overconfident():
    """A right ranking with odds raised to the fourth power."""
    chance = np.random.default_rng(3)
    signal = chance.normal(size=9_000)
    answers = (chance.random(9_000) < 1 / (1 + np.exp(-signal))).astype(float)
    frame = pd.DataFrame({"signal": signal})
    parts = [slice(0, 3_000), slice(3_000, 6_000), slice(6_000, 9_000)]
    windows = [(frame[part], answers[part]) for part in parts]
    classifier = LogisticRegression().fit(*windows[0])
    classifier.coef_ *= 4
    return classifier, windows[1], windows[2]


@pytest.mark.parametrize("calibration", CALIBRATIONS)
def test_calibrate__brings_an_overconfident_classifier_to_the_truth(overconfident, calibration):
    classifier, (frame, answers), (unseen, truth) = overconfident
    before = probabilities(classifier, unseen)
    after = probabilities(calibrate(classifier, calibration, frame, answers), unseen)
    assert calibration_error(reliability(truth, before)) > 0.15
    assert calibration_error(reliability(truth, after)) < 0.04
    assert judge_scores(truth, after).auc == pytest.approx(judge_scores(truth, before).auc, abs=0.01)
