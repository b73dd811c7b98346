"""The record of training runs in the lake: one commit per training, one row per metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from kith.lake import Home, commit, commits
from kith.times import to_utc_naive
from ml.tables import MODEL_RUNS


@dataclass(frozen=True)
class ModelRun:
    """One training run. `test_cutoff_at` is naive UTC, as files hold it."""

    model: str
    model_version: str
    mlflow_run_id: str
    definition_version: str
    as_of: datetime
    horizon_days: int
    train_rows: int
    test_rows: int
    test_cutoff_at: datetime
    candidate: str
    metrics: Mapping[str, float]
    is_champion: bool
    reason: str


def append_run(home: Home, run: ModelRun) -> str:
    """Commit a training run; answers the commit's name. What is due is told from the commits' notes alone."""
    shared: dict[str, Any] = {key: value for key, value in vars(run).items() if key != "metrics"}
    shared |= {"as_of": to_utc_naive(run.as_of), "trained_at": to_utc_naive(run.as_of)}
    rows = [
        {**shared, "metric": metric, "metric_value": float(value)} for metric, value in run.metrics.items()
    ]
    kept = ("model", "model_version", "definition_version", "is_champion", "reason")
    meta = {key: getattr(run, key) for key in kept} | {"as_of": run.as_of.isoformat()}
    with commit(home, MODEL_RUNS.room, meta=meta) as writer:
        writer.write(MODEL_RUNS.name, pa.Table.from_pylist(rows, schema=MODEL_RUNS.schema))
    return writer.name


@dataclass(frozen=True)
class LastTraining:
    """What is remembered of a model's last training run."""

    as_of: datetime
    model_version: str
    definition_version: str
    is_champion: bool
    reason: str


def last_training(home: Home, model: str) -> LastTraining | None:
    """The model's last recorded training run, or None."""
    found = [each.meta for each in commits(home, MODEL_RUNS.room) if each.meta.get("model") == model]
    if not found:
        return None
    last = found[-1]
    return LastTraining(
        datetime.fromisoformat(last["as_of"]),
        last["model_version"],
        last["definition_version"],
        last["is_champion"],
        last["reason"],
    )
