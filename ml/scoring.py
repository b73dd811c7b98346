"""Scoring with the champion: everyone a prediction may speak of, at the latest cut-off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from kith.definitions import Definition
from kith.errors import KithError
from kith.lake import Commit, Home, commit, commits
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.times import to_utc_naive
from ml import tracking
from ml.features import FeatureTable, read_features
from ml.predictions import Prediction, find_prediction
from ml.tables import SCORES

if TYPE_CHECKING:
    from ml.contract import Floats

_log = get_logger(__name__)

#: Digits kept of a score: what is below changes with the order of additions.
DIGITS = 9


@dataclass(frozen=True)
class Scored:
    """What came of a scoring. `commit` is None, and `reason` says why, when nothing was written."""

    model: str
    score_count: int
    model_version: str | None
    commit: str | None
    reason: str


def score(settings: Settings, run: Run, name: str) -> Scored:
    """Score the population at the run's as_of with `models:/<name>@champion` and commit `lake/scores`.

    Nothing is written where there is no champion (segments then take their fallback), nobody to score,
    nothing new, or in a replay. A cut-off is scored once: what segments and journeys decided by stays as it
    was, and a newer version speaks from the next one on. Neither MLflow nor scikit-learn is imported before
    there is work.
    """
    definition, home = find_prediction(settings, name), Home(settings.home)
    version = tracking.champion_version(home, name)
    last = last_scores(home, name)
    idle = _nothing_to_do(run, version, last)
    if idle:
        return Scored(name, 0, version, None, idle)
    table = read_features(settings, run, definition, at=run.as_of)
    if not len(table):
        return Scored(name, 0, version, None, "nobody belongs to its population at this cut-off")
    rows = _score_rows(home, run, definition, table)
    if last and _is_same(rows, last):
        return Scored(name, 0, version, None, "every score is as it was")
    meta = {"model": name, "model_version": version, "as_of": run.as_of.isoformat()}
    with commit(home, SCORES.room, meta=meta) as writer:
        writer.write(SCORES.name, rows)
    return Scored(name, len(rows), version, writer.name, "scored")


def last_scores(home: Home, name: str) -> Commit | None:
    """The last commit of a model's scores."""
    found = [each for each in commits(home, SCORES.room) if each.meta.get("model") == name]
    return found[-1] if found else None


def _nothing_to_do(run: Run, version: str | None, last: Commit | None) -> str | None:
    if run.is_replay:
        return "a run over the past scores nobody"
    if version is None:
        return "no model has passed the gate yet"
    if last and _as_of(last) >= run.as_of:
        return "this cut-off was scored already"
    return None


def _as_of(found: Commit) -> datetime:
    return datetime.fromisoformat(found.meta["as_of"])


def _score_rows(home: Home, run: Run, definition: Definition[Prediction], table: FeatureTable) -> pa.Table:
    champion = tracking.load_champion(home, definition.name)
    if champion is None:
        raise KithError(f"the champion of {definition.name} was taken away while it was being loaded")
    lost = sorted(set(champion.columns) - set(table.columns))
    if lost:
        raise KithError(
            f"version {champion.version} of {definition.name} needs the features {', '.join(lost)}",
            where="feat_profile__activity",
            way_out=f"bring them back, or run 'kith models train {definition.name}'",
        )
    scores, told = _predict(champion, table)
    moment = pa.scalar(to_utc_naive(run.as_of), pa.timestamp("us"))
    count = len(table)
    return pa.table(
        {
            "profile_id": pa.array(table.profiles, pa.string()),
            "model": pa.repeat(definition.name, count),
            "score": pa.array(scores, pa.float64()),
            "model_version": pa.repeat(champion.version, count),
            "scored_at": pa.repeat(moment, count),
            "as_of": pa.repeat(moment, count),
            "reasons": pa.array(told, pa.string()),
        },
        schema=SCORES.schema,
    )


def _predict(champion: tracking.Champion, table: FeatureTable) -> tuple[Floats, list[str]]:
    import orjson

    from ml.fitting import probabilities
    from ml.importance import reasons

    frame = table.frame(champion.columns)
    scores = probabilities(champion.classifier, frame)
    refuse_impossible(scores)
    features = [name for name in champion.metadata.get("reason_features", []) if name in frame.columns]
    told = reasons(champion.classifier, frame, features, scores)
    return scores.round(DIGITS), [orjson.dumps(each).decode() for each in told]


def refuse_impossible(scores: Any) -> None:
    """A score is a probability: NaN, infinity and what is outside 0–1 stop the run; nothing is written."""
    import numpy as np

    wrong = ~(np.isfinite(scores) & (scores >= 0) & (scores <= 1))
    if wrong.any():
        raise KithError(
            f"the model gave {int(wrong.sum())} of {len(scores)} people a score that is no probability",
            expected="numbers from 0 to 1",
            way_out="look at the training run in MLflow; no score was written",
        )


def _is_same(rows: pa.Table, last: Commit) -> bool:
    kept = ["profile_id", "score", "model_version"]
    before = pq.read_table(last.table(SCORES.name), columns=kept)
    return before.sort_by("profile_id").equals(rows.select(kept).sort_by("profile_id"))
