"""Fitting a binary model: candidates on the training window, their calibration on the later one.

Which candidate and which calibration is decided by log loss within the calibration window, half of its
people judging what the other half calibrated; the test window has no say. Threads are held to one, for sums
in another order differ in the last digit and equal inputs must give equal models.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kith.ids import share
from ml.binary.recipe import Recipe
from ml.binary.split import Split, Window
from ml.metrics import judge_scores
from ml.threads import one_thread

if TYPE_CHECKING:
    from ml.contract import Floats

CALIBRATIONS = ("sigmoid", "isotonic")


@dataclass(frozen=True)
class Choice:
    """A calibrated classifier. `crossed_scores` are those of the calibration window, each by a calibration that
    hadn't seen its answer; `log_losses` what each candidate reached there with each calibration."""

    candidate: str
    calibration: str
    classifier: Any
    crossed_scores: Floats
    log_losses: Mapping[str, float]


def probabilities(classifier: Any, frame: Any) -> Floats:
    """The classifier's probabilities of a yes (n)."""
    return classifier.predict_proba(frame)[:, 1]


def fit_binary(recipe: Recipe, split: Split, seed: int, advance: Callable[[float], None]) -> Choice:
    """The best candidate with the best calibration. `advance` is told of each fitted candidate's share."""
    with one_thread():
        train, later = split.train, split.calibrate
        fitted, crossed = {}, {}
        candidates = sorted(recipe.candidates(seed).items())
        for name, candidate in candidates:
            fitted[name] = candidate.fit(train.rows.frame(), train.answers)
            for calibration in CALIBRATIONS:
                crossed[f"{name} {calibration}"] = _crossed_scores(fitted[name], calibration, later)
            advance(1 / len(candidates))
        losses = {key: judge_scores(later.answers, scores).log_loss for key, scores in crossed.items()}
        best = min(losses, key=lambda key: (losses[key], key))
        candidate, calibration = best.split(" ")
        classifier = calibrate(fitted[candidate], calibration, later.rows.frame(), later.answers)
    return Choice(candidate, calibration, classifier, crossed[best], losses)


def fit_baseline(recipe: Recipe, split: Split) -> Floats:
    """Scores of the test window by the one column that people would go by: its rate by isotonic steps, from
    both earlier windows."""
    import numpy as np
    from sklearn.isotonic import IsotonicRegression

    past = [split.train, split.calibrate]
    values = np.concatenate([window.rows.column(recipe.baseline_feature) for window in past])
    answers = np.concatenate([window.answers for window in past])
    middle = np.nanmedian(values)
    # scikit-learn's own type hints don't know "auto": rising or falling, as the data say.
    steps = IsotonicRegression(increasing="auto", out_of_bounds="clip")  # pyright: ignore[reportArgumentType]
    steps.fit(np.nan_to_num(values, nan=middle), answers)
    return steps.predict(np.nan_to_num(split.test.rows.column(recipe.baseline_feature), nan=middle))


def calibrate(classifier: Any, calibration: str, frame: Any, answers: Floats) -> Any:
    """The fitted classifier with its probabilities bent to the answers of another window."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    return CalibratedClassifierCV(FrozenEstimator(classifier), method=calibration).fit(frame, answers)


def _crossed_scores(classifier: Any, calibration: str, window: Window) -> Floats:
    import numpy as np

    half = np.array([share(profile, "calibration halves") < 0.5 for profile in window.rows.profiles])
    frame, scores = window.rows.frame(), np.empty(len(half))
    for fit_on in (half, ~half):
        bent = calibrate(classifier, calibration, frame[fit_on], window.answers[fit_on])
        scores[~fit_on] = probabilities(bent, frame[~fit_on])
    return scores
