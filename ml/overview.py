"""All predictions at a glance, from the lake and the registry, without MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow.parquet as pq

from kith.clock import system_clock
from kith.definitions import Definition
from kith.lake import Commit, Home, commits
from kith.settings import Settings
from kith.snapshot import current_snapshot
from ml.model_runs import last_training
from ml.predictions import find_model, load_predictions
from ml.scoring import WITHDRAWN, last_scores, why_unusable
from ml.tables import DRIFT, MODEL_RUNS, SCORES
from ml.tracking import CHALLENGER, champion_version


@dataclass(frozen=True)
class Recorded:
    """One training run, as `lake/models` holds it."""

    version: str | None
    as_of: str
    train_rows: int
    test_rows: int
    test_cutoff: str
    candidate: str
    reason: str
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class PredictionState:
    """One prediction. `metric` is what decides among models, with the champion's figure and that of the strongest rule
    of thumb when it was trained; `unusable` says why its scores may not be used, empty if they may."""

    name: str
    model: str
    horizon_days: int
    champion: str | None
    challenger: str | None
    trained_at: str | None
    metric: str
    metric_value: float | None
    baseline_value: float | None
    auc: float | None
    baseline_auc: float | None
    calibration_error: float | None
    last_training: str
    unusable: str
    scored_at: str | None
    score_count: int
    drifted: tuple[str, ...]


def overview(settings: Settings) -> list[PredictionState]:
    """The state of each prediction, by name."""
    return [_state(settings, definition) for definition in load_predictions(settings)]


def _state(settings: Settings, definition: Definition[Any]) -> PredictionState:
    home, name = Home(settings.home), definition.name
    champion, last, scores = champion_version(home, name), last_training(home, name), last_scores(home, name)
    recorded = recorded_of(settings, name, champion) if champion else None
    figures = recorded.metrics if recorded else {}
    metric = find_model(definition.body.model).criteria[0].metric
    return PredictionState(
        name=name,
        model=definition.body.model,
        horizon_days=definition.body.horizon.days,
        champion=champion,
        challenger=champion_version(home, name, CHALLENGER),
        trained_at=recorded.as_of if recorded else None,
        metric=metric,
        metric_value=figures.get(metric),
        baseline_value=figures.get(f"baseline_{metric}"),
        auc=figures.get("auc"),
        baseline_auc=figures.get("baseline_auc"),
        calibration_error=figures.get("out_of_fold_calibration_error", figures.get("calibration_error")),
        last_training=last.reason if last else "never trained",
        unusable=why_unusable(home, definition, _moment(settings)) or "",
        scored_at=scores.meta["as_of"] if scores else None,
        score_count=_score_count(scores),
        drifted=tuple(
            each["feature"] for each in drift_of(settings, name, champion) if each["reading"] == "drifted"
        ),
    )


def _moment(settings: Settings) -> datetime:
    """What runs see as now: the instant of the last published one."""
    published = current_snapshot(Home(settings.home))
    return published.as_of if published else system_clock(settings).now()


def _score_count(scores: Commit | None) -> int:
    if scores is None or WITHDRAWN in scores.meta:
        return 0
    return pq.read_metadata(scores.table(SCORES.name)).num_rows


def recorded_of(settings: Settings, name: str, version: str | None = None) -> Recorded | None:
    """What was recorded of a version; without one, of the champion, or else of the newest training."""
    home = Home(settings.home)
    found = {
        each.meta.get("model_version"): each
        for each in commits(home, MODEL_RUNS.room)
        if each.meta.get("model") == name
    }
    wanted = version or champion_version(home, name) or next(reversed(found), None)
    return _recorded(found[wanted]) if wanted in found else None


def _recorded(found: Commit) -> Recorded:
    rows = pq.read_table(found.table(MODEL_RUNS.name)).to_pylist()
    first = rows[0]
    return Recorded(
        version=first["model_version"],
        as_of=found.meta["as_of"],
        train_rows=first["train_rows"],
        test_rows=first["test_rows"],
        test_cutoff=f"{first['test_cutoff_at']:%Y-%m-%d %H:%M}",
        candidate=first["candidate"],
        reason=first["reason"],
        metrics={row["metric"]: row["metric_value"] for row in rows},
    )


def drift_of(settings: Settings, name: str, version: str | None) -> list[dict[str, Any]]:
    """What the last scoring of a version found of drift: rows of `lake/drift`, the most drifted first."""
    for each in reversed(commits(Home(settings.home), DRIFT.room)):
        if each.meta.get("model") == name and each.meta.get("model_version") == version:
            return pq.read_table(each.table(DRIFT.name)).to_pylist()
    return []


def state_of(settings: Settings, definition: Definition[Any], recorded: Recorded) -> str:
    """What a training run is to the prediction now, in words."""
    home, name = Home(settings.home), definition.name
    if recorded.version == champion_version(home, name):
        unusable = why_unusable(home, definition, _moment(settings))
        return f"champion, but its scores may not be used: {unusable}" if unusable else "champion, in use"
    if recorded.version == champion_version(home, name, CHALLENGER):
        return "challenger; its scores aren't used"
    return "neither champion nor challenger; its scores aren't used"
