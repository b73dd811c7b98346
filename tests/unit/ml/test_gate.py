from dataclasses import replace

import pytest

from ml.gate import judge
from ml.metrics import Quality
from ml.predictions import Gate

GOOD = Quality(
    1_000, 0.5, auc=0.75, pr_auc=0.7, log_loss=0.55, brier=0.2, calibration_error=0.02, lift_at_10=1.5
)
BASELINE = replace(GOOD, auc=0.65, log_loss=0.62)


@pytest.mark.parametrize(
    ("change", "champion", "passes", "reason"),
    [
        ({}, None, True, "better than the baseline"),
        ({}, replace(GOOD, log_loss=0.56), True, "better than the champion"),
        ({}, replace(GOOD, log_loss=0.54), False, "no better than the champion"),
        ({}, GOOD, False, "no better than the champion"),
        ({"calibration_error": 0.051}, None, False, "calibration error 0.0510 is above 0.05"),
        ({"log_loss": 0.62}, None, False, "no better than the baseline"),
        ({"auc": 0.65}, None, False, "no better than the baseline"),
    ],
)
def test_judge__lets_pass_what_is_calibrated_and_beats_baseline_and_champion(
    change, champion, passes, reason
):
    verdict = judge(replace(GOOD, **change), BASELINE, champion, Gate())
    assert verdict.is_champion is passes
    assert verdict.reason.startswith(reason)
