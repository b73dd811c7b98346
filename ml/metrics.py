"""How good probabilities are, on answers that the model hasn't seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Calibration, Floats

BINS = 10
#: Where a curve of gains is kept, in per cent of the people, the highest scores first. At 0 it is 0, at 100 it is 1.
GAIN_AT = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90)
_TINY = 1e-6


@dataclass(frozen=True)
class Bin:
    """People of similar score: how many, their mean score, and the share of them that answered yes."""

    count: int
    mean_score: float
    observed_rate: float


@dataclass(frozen=True)
class Reliability:
    """How far probabilities can be believed: `error` is the calibration error over `bins`, `noise` what it would
    be on average if each probability were exactly right, for so few rows."""

    rows: int
    error: float
    noise: float
    bins: tuple[Bin, ...]

    def metrics(self) -> dict[str, float]:
        """By name, the bins in long form, so that a page can draw them without MLflow."""
        found = {
            "out_of_fold_rows": float(self.rows),
            "out_of_fold_calibration_error": self.error,
            "out_of_fold_calibration_noise": self.noise,
        }
        for number, each in enumerate(self.bins, start=1):
            found[f"bin_{number:02d}_score"] = each.mean_score
            found[f"bin_{number:02d}_rate"] = each.observed_rate
        return found


@dataclass(frozen=True)
class Quality:
    """The figures of one set of scores. Rates and errors are 0–1; `lift_at_10` is the rate among the tenth
    with the highest scores over the base rate; `log_loss` is in nats per person."""

    rows: int
    base_rate: float
    auc: float
    pr_auc: float
    log_loss: float
    brier: float
    calibration_error: float
    lift_at_10: float

    def metrics(self, prefix: str = "") -> dict[str, float]:
        """By name, without the number of rows."""
        return {prefix + name: value for name, value in vars(self).items() if name != "rows"}


def judge_scores(answers: Floats, scores: Floats) -> Quality:
    """The quality of scores (probabilities of a yes) against answers of both kinds, 0 and 1."""
    from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

    return Quality(
        rows=len(answers),
        base_rate=float(answers.mean()),
        auc=float(roc_auc_score(answers, scores)),
        pr_auc=float(average_precision_score(answers, scores)),
        log_loss=float(log_loss(answers, scores.clip(_TINY, 1 - _TINY))),
        brier=float(brier_score_loss(answers, scores)),
        calibration_error=calibration_error(reliability(answers, scores)),
        lift_at_10=_lift(answers, scores),
    )


def reliability(answers: Floats, scores: Floats, bins: int = BINS) -> list[Bin]:
    """Bins of (nearly) equally many people by score, lowest first; equal scores stay in the given order."""
    import numpy as np

    order = np.argsort(scores, kind="stable")
    parts: list[np.ndarray] = [part for part in np.array_split(order, bins) if len(part)]
    return [Bin(len(part), float(scores[part].mean()), float(answers[part].mean())) for part in parts]


def calibration_error(bins: list[Bin]) -> float:
    """Expected calibration error: the mean distance of score and rate, weighted by people (M. P. Naeini,
    G. Cooper, M. Hauskrecht, AAAI 2015; over bins of equal counts)."""
    people = sum(each.count for each in bins)
    return sum(each.count * abs(each.mean_score - each.observed_rate) for each in bins) / people


def judge_calibration(calibration: Calibration) -> Reliability:
    """The reliability of out-of-fold probabilities, in ten bins of equally many rows."""
    bins = reliability(calibration.answers, calibration.scores)
    noise = calibration_noise(calibration.scores)
    return Reliability(len(calibration.scores), calibration_error(bins), noise, tuple(bins))


def calibration_noise(scores: Floats, bins: int = BINS) -> float:
    """The mean calibration error of probabilities that are exactly right: the rate of a bin of n people lies off
    by a normal error of variance Σ p(1 − p) / n², whose mean distance is √(2/π) times its deviation.

    With rates about 0.3 that is 0.037 for 1,000 rows, 0.017 for 5,000 and 0.012 for 10,000: below some thousand
    rows no model can show an error of 0.02.
    """
    import numpy as np

    ordered = np.sort(scores)
    parts = [part for part in np.array_split(ordered, bins) if len(part)]
    deviations = [np.sqrt((part * (1 - part)).sum()) for part in parts]
    return float(np.sqrt(2 / np.pi) * sum(deviations) / len(ordered))


def gains(answers: Floats, scores: Floats) -> dict[str, float]:
    """`gain_at_05` …: the share of all yeses that is reached with the highest scores of so many per cent of the people.

    A curve in long form, so that a page can draw it without MLflow.
    """
    import numpy as np

    reached = np.cumsum(answers[np.argsort(-scores, kind="stable")]) / max(float(answers.sum()), 1.0)
    places = [max(len(scores) * share // 100, 1) - 1 for share in GAIN_AT]
    return {f"gain_at_{share:02d}": float(reached[at]) for share, at in zip(GAIN_AT, places, strict=True)}


def _lift(answers: Floats, scores: Floats) -> float:
    import numpy as np

    first = np.argsort(-scores, kind="stable")[: max(len(scores) // 10, 1)]
    return float(answers[first].mean() / answers.mean())
