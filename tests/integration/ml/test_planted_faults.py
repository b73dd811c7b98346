"""Faults that are planted on purpose: each must be stopped by the gate, or told by drift."""

from datetime import timedelta

import numpy as np
import pytest

import ml.binary.stacking as stacking
from ml import tracking
from ml.scoring import score
from ml.training import train

pytestmark = pytest.mark.whole


def test_gate__stops_a_broken_calibration(build_run, shop, settings, home, monkeypatch):
    right = stacking.stack

    def boastful(*args, **kwargs):
        found = right(*args, **kwargs)
        last = found.classifier.final_estimator_
        last.coef_, last.intercept_ = last.coef_ * 4, last.intercept_ * 4
        odds = np.log(found.out_of_fold / (1 - found.out_of_fold)) * 4
        return stacking.Stacked(found.classifier, 1 / (1 + np.exp(-odds)), found.weights)

    monkeypatch.setattr(stacking, "stack", boastful)
    result = train(settings, build_run(shop), "churn")
    assert not result.is_champion
    assert result.reason.startswith("calibration error 0.")
    assert tracking.champion_version(home, "churn") is None
    assert tracking.champion_version(home, "churn", tracking.CHALLENGER) == "1"


def test_drift__tells_of_a_feature_that_moved(build_run, shop, settings):
    run = build_run(shop)
    assert train(settings, run, "churn").is_champion
    moved = build_run(
        shop, as_of=run.as_of + timedelta(hours=1), change="UPDATE feat SET order_amount = order_amount * 20"
    )
    drift = {each.feature: each.reading for each in score(settings, moved, "churn").drift}
    assert drift["order_amount"] == "drifted"
    assert "score" in drift
