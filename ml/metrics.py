"""How good probabilities are, on answers that the model hasn't seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats

BINS = 10
_TINY = 1e-6


@dataclass(frozen=True)
class Bin:
    """People of similar score: how many, their mean score, and the share of them that answered yes."""

    count: int
    mean_score: float
    observed_rate: float


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


def _lift(answers: Floats, scores: Floats) -> float:
    import numpy as np

    first = np.argsort(-scores, kind="stable")[: max(len(scores) // 10, 1)]
    return float(answers[first].mean() / answers.mean())
