"""What the journey went by: the evaluation of its segment, and the scores that it or the segment read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from activation.lineage.entry import Entry
from kith.warehouse import Warehouse

Row = Mapping[str, Any]

_EVALUATION = """
    -- The evaluation in force as the person came in.
    SELECT * FROM lake_segments_evaluations
    WHERE segment = $segment AND as_of <= $moment
    ORDER BY as_of DESC, commit_name DESC
    LIMIT 1
"""
_CHANGE = """
    -- When and why the person came into the segment last, under any of their ids.
    SELECT * FROM lake_segments_history
    WHERE segment = $segment AND "at" <= $moment
      AND profile_id IN (
          SELECT $profile_id UNION SELECT alias_id FROM profile_aliases WHERE profile_id = $profile_id)
    ORDER BY "at" DESC, commit_name DESC
    LIMIT 1
"""
_DEFINITION = """
    SELECT body, version, path FROM lake_definitions_segments
    WHERE name = $segment AND version = $version
    LIMIT 1
"""
_GRAPH = """
    SELECT body FROM lake_journeys_versions WHERE kind = 'graph' AND name = $journey AND version = $version LIMIT 1
"""
_SCORE = """
    -- The score in force: of the model's last scoring up to the moment.
    WITH latest AS (
        SELECT max(as_of) AS as_of FROM lake_scores_scores WHERE model = $model AND as_of <= $moment
    )
    SELECT s.*
    FROM lake_scores_scores AS s
    JOIN latest AS l ON l.as_of = s.as_of
    WHERE s.model = $model AND s.profile_id = $profile_id
    ORDER BY s.commit_name DESC
    LIMIT 1
"""
_TRAINING = """
    SELECT model, model_version, mlflow_run_id, definition_version, trained_at, as_of, commit_name
    FROM lake_models_model_runs
    WHERE model = $model AND model_version = $version
    ORDER BY commit_name DESC
    LIMIT 1
"""


def audience_entries(warehouse: Warehouse, row: Row, entered: Row | None) -> Iterator[Entry]:
    """The segment by which the person came in with its evaluation, and every score on the way."""
    moment = (entered or row)["entered_at"]
    segment = (entered or {}).get("segment") or ""
    models = _models_of_graph(warehouse, row)
    if segment:
        found = warehouse.rows(_EVALUATION, {"segment": segment, "moment": moment})
        for each in found:
            names = ("version", "member_count", "found_count", "members_commit", "members_population")
            detail = {name: each[name] for name in names}
            yield Entry("segment", f"evaluated {segment}", each["as_of"], detail, _place("segments", each))
            models |= _models_of_segment(warehouse, segment, each["version"])
        asked = {"segment": segment, "moment": moment, "profile_id": row["profile_id"]}
        for each in warehouse.rows(_CHANGE, asked):
            detail = {name: each[name] for name in ("reason", "version")}
            yield Entry(
                "segment", f"{each['change']} {segment}", each["at"], detail, _place("segments", each)
            )
    for model in sorted(models):
        yield from _score_entries(warehouse, model, row, row["decided_at"])


def _score_entries(warehouse: Warehouse, model: str, row: Row, moment: Any) -> Iterator[Entry]:
    asked = {"model": model, "moment": moment, "profile_id": row["profile_id"]}
    scores = warehouse.rows(_SCORE, asked)
    if not scores:
        yield Entry("score", model, None, {"score": None})
    for each in scores:
        detail = {name: each[name] for name in ("score", "model_version", "scored_at", "reasons")}
        yield Entry("score", model, each["as_of"], detail, _place("scores", each))
        for run in warehouse.rows(_TRAINING, {"model": model, "version": each["model_version"]}):
            detail = {name: run[name] for name in ("model_version", "mlflow_run_id", "definition_version")}
            yield Entry("score", f"trained {model}", run["trained_at"], detail, _place("models", run))


def _models_of_segment(warehouse: Warehouse, segment: str, version: str) -> set[str]:
    """The models that a version of a segment names, other segments that it names left to their own lineage."""
    rows = warehouse.rows(_DEFINITION, {"segment": segment, "version": version})
    return {name for each in rows for name in _named_scores(json.loads(each["body"]))}


def _models_of_graph(warehouse: Warehouse, row: Row) -> set[str]:
    asked = {"journey": row["journey"], "version": row["journey_version"]}
    return {
        name for each in warehouse.rows(_GRAPH, asked) for name in _named_scores(json.loads(each["body"]))
    }


def _named_scores(part: Any) -> Iterator[str]:
    """Every text that stands under the key `score`, and every operand ["score", name]."""
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key == "score" and isinstance(value, str):
                yield value
            yield from _named_scores(value)
    elif isinstance(part, list):
        if len(part) == 2 and part[0] == "score" and isinstance(part[1], str):
            yield part[1]
        for each in part:
            yield from _named_scores(each)


def _place(room: str, row: Row) -> str:
    return f"lake/{room}/{row['commit_name']}"
