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
from ml.contract import BinaryModel
from ml.metrics import judge_scores
from ml.split import Split, Window
from ml.threads import one_thread

if TYPE_CHECKING:
    from ml.contract import Floats

CALIBRATIONS = ("sigmoid", "isotonic")


@dataclass(frozen=True)
class Fitted:
    """A calibrated classifier. `log_losses` holds what each candidate reached with each calibration."""

    candidate: str
    calibration: str
    classifier: Any
    columns: tuple[str, ...]
    log_losses: Mapping[str, float]

    def scores(self, window: Window) -> Floats:
        """Probabilities of a yes."""
        return probabilities(self.classifier, window.rows.frame(self.columns))


def probabilities(classifier: Any, frame: Any) -> Floats:
    """The classifier's probabilities of a yes (n)."""
    return classifier.predict_proba(frame)[:, 1]


def fit_binary(model: BinaryModel, split: Split, seed: int, advance: Callable[[float], None]) -> Fitted:
    """The best candidate with the best calibration. `advance` is told of each fitted candidate."""
    with one_thread():
        train, later = split.train, split.calibrate
        fitted, losses = {}, {}
        for name, candidate in sorted(model.candidates(seed).items()):
            fitted[name] = candidate.fit(train.rows.frame(), train.answers)
            for calibration in CALIBRATIONS:
                losses[f"{name} {calibration}"] = _crossed_loss(fitted[name], calibration, later)
            advance(1)
        candidate, calibration = min(losses, key=lambda key: (losses[key], key)).split(" ")
        classifier = calibrate(fitted[candidate], calibration, later.rows.frame(), later.answers)
    return Fitted(candidate, calibration, classifier, train.rows.columns, losses)


def fit_baseline(model: BinaryModel, split: Split) -> Floats:
    """Scores of the test window by the one column that people would go by: its rate by isotonic steps, from
    both earlier windows."""
    import numpy as np
    from sklearn.isotonic import IsotonicRegression

    past = [split.train, split.calibrate]
    values = np.concatenate([window.rows.column(model.baseline_feature) for window in past])
    answers = np.concatenate([window.answers for window in past])
    middle = np.nanmedian(values)
    # scikit-learn's own type hints don't know "auto": rising or falling, as the data say.
    steps = IsotonicRegression(increasing="auto", out_of_bounds="clip")  # pyright: ignore[reportArgumentType]
    steps.fit(np.nan_to_num(values, nan=middle), answers)
    return steps.predict(np.nan_to_num(split.test.rows.column(model.baseline_feature), nan=middle))


def calibrate(classifier: Any, calibration: str, frame: Any, answers: Floats) -> Any:
    """The fitted classifier with its probabilities bent to the answers of another window."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    return CalibratedClassifierCV(FrozenEstimator(classifier), method=calibration).fit(frame, answers)


def _crossed_loss(classifier: Any, calibration: str, window: Window) -> float:
    import numpy as np

    half = np.array([share(profile, "calibration halves") < 0.5 for profile in window.rows.profiles])
    frame, scores = window.rows.frame(), np.empty(len(half))
    for fit_on in (half, ~half):
        bent = calibrate(classifier, calibration, frame[fit_on], window.answers[fit_on])
        scores[~fit_on] = probabilities(bent, frame[~fit_on])
    return judge_scores(window.answers, scores).log_loss
