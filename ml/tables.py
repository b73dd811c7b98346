"""The lake tables of this room: three of every model, and those that a kind of model declares.

`scores` is appended: a commit holds the scores of one model for everyone it may speak of at one `as_of`.
A person absent from a model's latest commit has no score of it any more, so readers take the rows of the
model's greatest `as_of`. Scores are withdrawn by a commit with one row of nobody (an empty `profile_id`) whose `score`
is NULL: then nobody has one. `model_runs` is appended in long form: one row per training run and metric.
"""

from __future__ import annotations

import pyarrow as pa

from kith.lake import LakeTable
from kith.registry import plugins
from ml.contract import Model

SCORES = LakeTable(
    room="scores",
    name="scores",
    schema=pa.schema(
        [
            ("profile_id", pa.string()),
            ("model", pa.string()),
            ("score", pa.float64()),
            ("model_version", pa.string()),
            ("scored_at", pa.timestamp("us")),
            ("as_of", pa.timestamp("us")),
            ("reasons", pa.string()),
        ]
    ),
    people=("profile_id",),
)

MODEL_RUNS = LakeTable(
    room="models",
    name="model_runs",
    schema=pa.schema(
        [
            ("model", pa.string()),
            ("model_version", pa.string()),
            ("mlflow_run_id", pa.string()),
            ("definition_version", pa.string()),
            ("trained_at", pa.timestamp("us")),
            ("as_of", pa.timestamp("us")),
            ("horizon_days", pa.int64()),
            ("train_rows", pa.int64()),
            ("test_rows", pa.int64()),
            ("test_cutoff_at", pa.timestamp("us")),
            ("candidate", pa.string()),
            ("metric", pa.string()),
            ("metric_value", pa.float64()),
            ("is_champion", pa.bool_()),
            ("reason", pa.string()),
        ]
    ),
)

#: Of each scoring the scores' drift, and every feature that is no longer stable; see `ml/drift.py`.
DRIFT = LakeTable(
    room="drift",
    name="drift",
    schema=pa.schema(
        [
            ("model", pa.string()),
            ("model_version", pa.string()),
            ("as_of", pa.timestamp("us")),
            ("feature", pa.string()),
            ("stability_index", pa.float64()),
            ("reading", pa.string()),
            ("row_count", pa.int64()),
        ]
    ),
)


def tables_of_models() -> list[LakeTable]:
    """The further tables of each kind of model, each once, whichever models share them."""
    found = {
        (table.room, table.name): table
        for model in plugins("ml.models", Model).values()
        for table in model.tables
    }
    return list(found.values())


TABLES = [SCORES, MODEL_RUNS, DRIFT, *tables_of_models()]
