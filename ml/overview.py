"""All predictions at a glance, from the lake and the registry, without MLflow."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow.parquet as pq

from kith.lake import Home, commits
from kith.settings import Settings
from ml.model_runs import last_training
from ml.predictions import load_predictions
from ml.scoring import last_scores
from ml.tables import MODEL_RUNS, SCORES
from ml.tracking import champion_version


@dataclass(frozen=True)
class PredictionState:
    """One prediction: figures are the champion's when it was trained."""

    name: str
    model: str
    horizon_days: int
    champion: str | None
    trained_at: str | None
    auc: float | None
    baseline_auc: float | None
    calibration_error: float | None
    last_training: str
    scored_at: str | None
    score_count: int


def overview(settings: Settings) -> list[PredictionState]:
    """The state of each prediction, by name."""
    home, found = Home(settings.home), []
    for definition in load_predictions(settings):
        champion = champion_version(home, definition.name)
        last, scores = last_training(home, definition.name), last_scores(home, definition.name)
        figures, trained_at = _figures(home, definition.name, champion)
        found.append(
            PredictionState(
                name=definition.name,
                model=definition.body.model,
                horizon_days=definition.body.horizon.days,
                champion=champion,
                trained_at=trained_at,
                auc=figures.get("auc"),
                baseline_auc=figures.get("baseline_auc"),
                calibration_error=figures.get("calibration_error"),
                last_training=last.reason if last else "never trained",
                scored_at=scores.meta["as_of"] if scores else None,
                score_count=pq.read_metadata(scores.table(SCORES.name)).num_rows if scores else 0,
            )
        )
    return found


def _figures(home: Home, name: str, version: str | None) -> tuple[dict[str, float], str | None]:
    """The metrics that were recorded when this version was trained."""
    for each in reversed(commits(home, MODEL_RUNS.room)):
        if each.meta.get("model") == name and each.meta.get("model_version") == version:
            rows = pq.read_table(each.table(MODEL_RUNS.name), columns=["metric", "metric_value"]).to_pylist()
            return {row["metric"]: row["metric_value"] for row in rows}, each.meta["as_of"]
    return {}, None
