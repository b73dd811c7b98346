"""The gate: what a trained model must beat before its scores are used."""

from __future__ import annotations

from dataclasses import dataclass

from ml.metrics import Quality
from ml.predictions import Gate


@dataclass(frozen=True)
class Verdict:
    """Whether the model becomes champion, and why (not)."""

    is_champion: bool
    reason: str


def judge(model: Quality, baseline: Quality, champion: Quality | None, gate: Gate) -> Verdict:
    """All figures are of the same rows, the test window. The first failing rule gives the reason."""
    if model.calibration_error > gate.calibration_error_at_most:
        return Verdict(
            False,
            f"calibration error {model.calibration_error:.4f} is above {gate.calibration_error_at_most:g}",
        )
    if model.log_loss >= baseline.log_loss or model.auc <= baseline.auc:
        return Verdict(
            False, f"no better than the baseline ({_figures(model)}; baseline {_figures(baseline)})"
        )
    if champion is None:
        return Verdict(True, f"better than the baseline ({_figures(model)}; baseline {_figures(baseline)})")
    if model.log_loss >= champion.log_loss:
        return Verdict(
            False, f"no better than the champion ({_figures(model)}; champion {_figures(champion)})"
        )
    return Verdict(True, f"better than the champion ({_figures(model)}; champion {_figures(champion)})")


def _figures(quality: Quality) -> str:
    return f"log loss {quality.log_loss:.4f}, AUC {quality.auc:.4f}"
