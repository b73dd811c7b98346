"""Scoring with the champion: everyone a prediction may speak of, as of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kith.definitions import Definition
from kith.errors import KithError
from kith.lake import Commit, Home, LakeTable, commit, commits
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.times import to_utc_naive
from ml import tracking
from ml.contract import Scale, Scores
from ml.drift import REFERENCE, SCORE, Drift, drift_from
from ml.lessons import lesson_of
from ml.model_runs import last_training
from ml.predictions import find_model, find_prediction
from ml.tables import DRIFT, SCORES

_log = get_logger(__name__)

#: What the note of a commit says that withdraws scores: the reason.
WITHDRAWN = "withdrawn"

#: Digits kept of a score: what is below changes with the order of additions.
DIGITS = 9


@dataclass(frozen=True)
class Scored:
    """What came of a scoring. `commit` is None, and `reason` says why, when nothing was written. `drift` holds that of
    the scores, and features that are no longer stable."""

    model: str
    score_count: int
    model_version: str | None
    commit: str | None
    reason: str
    drift: tuple[Drift, ...] = ()


def score(settings: Settings, run: Run, name: str) -> Scored:
    """Score the population at the run's as_of with `models:/<name>@champion` and commit `lake/scores`.

    Nothing is written where there is nobody to score, nothing new, or in a replay. A cut-off is scored once: what
    segments and journeys decided by stays as it was, and a newer version speaks from the next one on. Without a
    champion that may be used the former scores are withdrawn, and segments take their fallback. Neither MLflow
    nor scikit-learn is imported before there is work. Further tables of the kind are committed before the
    scores, under the same `as_of`.
    """
    definition, home = find_prediction(settings, name), Home(settings.home)
    version = tracking.champion_version(home, name)
    last = last_scores(home, name)
    idle = _nothing_to_do(run, last)
    if idle:
        return Scored(name, 0, version, None, idle)
    unusable = why_unusable(home, definition, run.as_of)
    if unusable:
        return withdraw(home, run, definition, unusable)
    model = find_model(definition.body.model)
    champion = _champion(home, name)
    found = model.score(champion.fitted, lesson_of(settings, run, definition))
    refuse_impossible(found.scores, model.scale)
    if not len(found.profiles):
        return Scored(name, 0, version, None, "nobody belongs to its population at this cut-off")
    marks = {"model": name, "model_version": version, "as_of": run.as_of}
    rows = _rows(found, marks)
    if last and _is_same(rows, last) and not model.tables:
        return Scored(name, 0, version, None, "every score is as it was")
    drift = _worth_telling(champion.fitted.metadata.get(REFERENCE, {}), found)
    _commit(home, DRIFT, _drift_rows(drift), marks)
    for table in model.tables:
        _commit(home, table, found.tables.get(table.name), marks)
    return Scored(name, len(rows), version, _commit(home, SCORES, rows, marks), "scored", tuple(drift))


def last_scores(home: Home, name: str) -> Commit | None:
    """The last commit of a model's scores."""
    found = [each for each in commits(home, SCORES.room) if each.meta.get("model") == name]
    return found[-1] if found else None


def score_or_withdraw(settings: Settings, run: Run, name: str) -> Scored:
    """Score; where that fails, tell it and withdraw the former scores. A run goes on without the scores of one model."""
    try:
        return score(settings, run, name)
    except KithError as error:
        _log.warning("%s has no scores: %s", name, error)
        return withdraw(Home(settings.home), run, find_prediction(settings, name), f"failed: {error}")


def why_unusable(home: Home, definition: Definition[Any], as_of: datetime) -> str | None:
    """Why a prediction has no scores at an instant; None if its champion may be used."""
    last = last_training(home, definition.name)
    version = tracking.champion_version(home, definition.name)
    if version is None:
        return last.reason if last and "retired" in last.reason else "no model has passed the gate yet"
    lasts = definition.body.lasts
    if last and as_of - last.as_of >= lasts:
        days = f"{lasts.total_seconds() / 86_400:g} days"
        return f"version {version} was judged for the last time {last.as_of:%Y-%m-%d}, {days} ago or more"
    return None


def withdraw(home: Home, run: Run, definition: Definition[Any], reason: str) -> Scored:
    """Say that nobody has a score any more, if somebody has: a commit with one row of nobody, without a score, and
    further tables of the kind without a row."""
    name = definition.name
    version, last = tracking.champion_version(home, name), last_scores(home, name)
    if run.is_replay or last is None or WITHDRAWN in last.meta or _as_of(last) >= run.as_of:
        return Scored(name, 0, version, None, reason)
    marks = {"model": name, "model_version": "", "as_of": run.as_of}
    nobody = pa.table({"profile_id": [""], "score": pa.nulls(1, pa.float64()), "reasons": ["[]"]})
    for table in find_model(definition.body.model).tables:
        _commit(home, table, None, marks)
    written = _commit(home, SCORES, nobody, {**marks, WITHDRAWN: reason})
    return Scored(name, 0, version, written, reason)


def _nothing_to_do(run: Run, last: Commit | None) -> str | None:
    if run.is_replay:
        return "a run over the past scores nobody"
    if last and _as_of(last) >= run.as_of:
        return "this cut-off was scored already"
    return None


def _as_of(found: Commit) -> datetime:
    return datetime.fromisoformat(found.meta["as_of"])


def _champion(home: Home, name: str) -> tracking.Champion:
    champion = tracking.load_champion(home, name)
    if champion is None:
        raise KithError(f"the champion of {name} was taken away while it was being loaded")
    return champion


def _worth_telling(reference: Mapping[str, Any], found: Scores) -> list[Drift]:
    """The drift of the scores, and of every feature that is no longer stable."""
    every = drift_from(reference, found.inputs, found.scores)
    return [each for each in every if each.feature == SCORE or each.reading != "stable"]


def _drift_rows(drift: list[Drift]) -> pa.Table:
    return pa.table(
        {
            "feature": pa.array([each.feature for each in drift], pa.string()),
            "stability_index": pa.array([round(each.index, 6) for each in drift], pa.float64()),
            "reading": pa.array([each.reading for each in drift], pa.string()),
            "row_count": pa.array([each.rows for each in drift], pa.int64()),
        }
    )


def refuse_impossible(scores: Any, scale: Scale) -> None:
    """NaN, infinity and what is outside of the model's scale stop the run; nothing is written."""
    import numpy as np

    wrong = ~(np.isfinite(scores) & (scores >= scale.low) & (scores <= scale.high))
    if wrong.any():
        raise KithError(
            f"the model gave {int(wrong.sum())} of {len(scores)} people a score that is no {scale.unit}",
            expected=f"numbers from {scale.low:g} to {scale.high:g}",
            way_out="look at the training run in MLflow; no score was written",
        )


def _rows(found: Scores, marks: dict[str, Any]) -> pa.Table:
    import numpy as np

    count = len(found.profiles)
    rows = pa.table(
        {
            "profile_id": pa.array(found.profiles, pa.string()),
            "score": pa.array(np.asarray(found.scores, float).round(DIGITS), pa.float64()),
            "reasons": pa.array(found.reasons if len(found.reasons) else ["[]"] * count, pa.string()),
        }
    )
    return _marked(rows, SCORES, marks)


def _marked(rows: pa.Table, table: LakeTable, marks: dict[str, Any]) -> pa.Table:
    """The rows with the columns that the life cycle fills, where the table has them and the rows don't."""
    moment = pa.scalar(to_utc_naive(marks["as_of"]), pa.timestamp("us"))
    filled = {**marks, "as_of": moment, "scored_at": moment}
    for name, value in filled.items():  # every mark but those that are a commit's alone
        if name in table.schema.names and name not in rows.column_names:
            rows = rows.append_column(name, pa.repeat(value, len(rows)))
    return rows


def _commit(home: Home, table: LakeTable, rows: pa.Table | None, marks: dict[str, Any]) -> str:
    meta = {**marks, "as_of": marks["as_of"].isoformat()}
    with commit(home, table.room, meta=meta) as writer:
        writer.write(table.name, table.schema.empty_table() if rows is None else _marked(rows, table, marks))
    return writer.name


def _is_same(rows: pa.Table, last: Commit) -> bool:
    kept = ["profile_id", "score", "model_version"]
    before = pq.read_table(last.table(SCORES.name), columns=kept)
    return before.sort_by("profile_id").equals(rows.select(kept).sort_by("profile_id"))
