"""The gate: what a trained model must reach before its scores are used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TYPE_CHECKING

from ml.contract import Criterion
from ml.terms import Gate

if TYPE_CHECKING:
    from ml.metrics import Reliability

Metrics = Mapping[str, float]


@dataclass(frozen=True)
class Verdict:
    """Whether the model becomes champion, and why (not)."""

    is_champion: bool
    reason: str


def judge(
    criteria: Sequence[Criterion],
    model: Metrics,
    baselines: Mapping[str, Metrics],
    champion: Metrics | None,
    reliability: Reliability | None,
    gate: Gate,
) -> Verdict:
    """All metrics are of the same rows, the latest window. The first failing rule gives the reason.

    Each baseline must be beaten in every criterion, the champion in the first one, and probabilities must be
    calibrated out of fold. A figure that is no number beats nothing.
    """
    unusable = _not_numbers(criteria, model) or _uncalibrated(reliability, gate)
    if unusable:
        return Verdict(False, unusable)
    mine = _figures(criteria, model)
    for name, baseline in baselines.items():
        if not all(each.is_better(model, baseline) for each in criteria):
            return Verdict(
                False, f"no better than the baseline {name} ({mine}; {_figures(criteria, baseline)})"
            )
    if champion is None:
        against = "; ".join(f"{name} {_figures(criteria, each)}" for name, each in baselines.items())
        return Verdict(True, f"better than every baseline ({mine}; {against})")
    compared = f"({mine}; champion {_figures(criteria, champion)})"
    if not criteria[0].is_better(model, champion):
        return Verdict(False, f"no better than the champion {compared}")
    return Verdict(True, f"better than the champion {compared}")


def lost_ground(
    criteria: Sequence[Criterion],
    champion: Metrics,
    baselines: Mapping[str, Metrics],
    reliability: Reliability | None,
    test_rows: int,
    gate: Gate,
) -> str:
    """Why the present champion may no longer be used, by its figures on the latest window; empty if it may.

    It must still beat each baseline in the first criterion; its calibration error on that one window may lie above the
    gate's bound by what chance makes of so few rows, half as much again.
    """
    first = criteria[0]
    for name, baseline in baselines.items():
        if not first.is_better(champion, baseline):
            figures = f"{_figures([first], champion)}; {_figures([first], baseline)}"
            return f"the champion is no better than the baseline {name} any more ({figures})"
    error = champion.get("calibration_error")
    if error is None or reliability is None:
        return ""
    allowed = gate.calibration_error_at_most + 1.5 * reliability.noise * sqrt(reliability.rows / test_rows)
    if error <= allowed:
        return ""
    return f"the champion's calibration error on the latest window is {error:.4f}, at most {allowed:.4f} with chance"


def _not_numbers(criteria: Sequence[Criterion], model: Metrics) -> str:
    wrong = [each.metric for each in criteria if not isfinite(model[each.metric])]
    return f"its {', '.join(wrong)} is no number" if wrong else ""


def _uncalibrated(reliability: Reliability | None, gate: Gate) -> str:
    if reliability is None or reliability.error <= gate.calibration_error_at_most:
        return ""
    return (
        f"calibration error {reliability.error:.4f} is above {gate.calibration_error_at_most:g} "
        f"({reliability.rows} out-of-fold rows, of which chance alone makes {reliability.noise:.4f})"
    )


def _figures(criteria: Sequence[Criterion], metrics: Metrics) -> str:
    return ", ".join(f"{each.metric.replace('_', ' ')} {metrics[each.metric]:.4f}" for each in criteria)
