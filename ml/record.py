"""What a training run leaves behind: parameters, metrics, pictures and tables of one learned model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kith.definitions import Definition
from kith.run import Run
from kith.times import format_instant
from ml.gate import Verdict
from ml.importance import importances
from ml.learning import Learned
from ml.metrics import Bin, reliability
from ml.plots import calibration_plot
from ml.predictions import Prediction
from ml.tracking import Training

#: Features that may be given as a reason: the strongest ones. Each costs a prediction per person.
REASON_FEATURES = 20


def bin_metrics(bins: Sequence[Bin]) -> dict[str, float]:
    """The reliability table in long form, so that a page can draw it without MLflow."""
    rows: dict[str, float] = {}
    for number, each in enumerate(bins, start=1):
        rows[f"bin_{number:02d}_score"] = each.mean_score
        rows[f"bin_{number:02d}_rate"] = each.observed_rate
    return rows


def record_of(
    run: Run,
    definition: Definition[Prediction],
    learned: Learned,
    metrics: Mapping[str, float],
    verdict: Verdict,
    seed: int,
) -> Training:
    """All that MLflow is given of one training run."""
    split, fitted = learned.split, learned.fitted
    ranked = importances(fitted.classifier, split.test, fitted.columns, seed)
    bins, usual = (
        reliability(split.test.answers, scores) for scores in (learned.scores, learned.baseline_scores)
    )
    files: dict[str, Any] = {
        "calibration.png": calibration_plot(f"{definition.name}: calibration", bins, usual),
        "reliability.json": [vars(each) for each in bins],
        "importances.json": ranked,
        "definition.json": definition.document,
        "choice.json": dict(fitted.log_losses),
    }
    return Training(
        model=definition.name,
        title=f"{definition.name} as of {format_instant(run.as_of)}",
        parameters=_parameters(run, definition, learned, seed),
        metrics=metrics,
        tags=_tags(definition, verdict),
        classifier=fitted.classifier,
        columns=fitted.columns,
        files=files,
        metadata={"reason_features": [name for name, gain in ranked.items() if gain > 0][:REASON_FEATURES]},
        is_champion=verdict.is_champion,
    )


def _parameters(run: Run, definition: Definition[Prediction], learned: Learned, seed: int) -> dict[str, Any]:
    import numpy as np

    split = learned.split
    cutoffs = [str(each)[:19] for each in np.unique(split.train.rows.cutoffs)]
    return {
        "as_of": format_instant(run.as_of),
        "run_id": run.run_id,
        "definition_version": definition.version,
        "candidate": learned.fitted.candidate,
        "calibration": learned.fitted.calibration,
        "seed": seed,
        "features": len(learned.fitted.columns),
        "train_cutoffs": f"{cutoffs[0]} … {cutoffs[-1]} ({len(cutoffs)})",
        "test_cutoff": str(split.test_cutoff)[:19],
        "train_rows": len(split.train.rows),
        "calibration_rows": len(split.calibrate.rows),
        "test_rows": len(split.test.rows),
    }


def _tags(definition: Definition[Prediction], verdict: Verdict) -> dict[str, str]:
    """MLflow would name the user of the machine and the path of the script: neither belongs in a record."""
    return {
        "mlflow.user": "kith",
        "mlflow.source.name": "kith models train",
        "prediction": definition.name,
        "gate": "passed" if verdict.is_champion else "refused",
        "gate_reason": verdict.reason,
    }
