"""How far can predictions be trusted? Figures of the predictions page, all of published tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboards.reader import Reader

#: From where on the population stability index is to be watched, and from where on people are others (ml/drift.py).
WATCH, DRIFTED = 0.1, 0.25


def trainings(reader: Reader) -> pd.DataFrame:
    """`model, model_version, trained_at, as_of, horizon_days, train_rows, test_rows, test_cutoff_at, candidate,
    is_champion, reason, mlflow_run_id`: one row per training, the newest of each model first."""
    return reader.frame("""
        SELECT DISTINCT
            model, model_version, trained_at, as_of, horizon_days, train_rows, test_rows, test_cutoff_at, candidate,
            is_champion, reason, mlflow_run_id
        FROM model_runs
        ORDER BY model, trained_at DESC, CAST(model_version AS BIGINT) DESC""")


def metrics_of(reader: Reader, model: str, version: str) -> dict[str, float]:
    """Each figure of a training by name: the model's own, `baseline_…`, `champion_…`, and parts of curves."""
    rows = reader.rows(
        """
        SELECT metric, metric_value FROM model_runs
        WHERE model = $model AND model_version = $version AND metric_value IS NOT NULL
        ORDER BY metric""",
        model=model,
        version=version,
    )
    return {row["metric"]: row["metric_value"] for row in rows}


def standing(reader: Reader) -> pd.DataFrame:
    """`model, scored_count, scored_at, model_version, drift, drifted_count`: each prediction's present scores, the drift
    of the scores and how many features are drifted, by the last scoring."""
    return reader.frame(f"""
        WITH present AS (
            SELECT model, count(*) AS scored_count, max(scored_at) AS scored_at, max(model_version) AS model_version
            FROM scores GROUP BY model
        ),
        {_DRIFTS},
        last_drifts AS (
            SELECT
                model,
                max(stability_index) FILTER (WHERE feature = 'score') AS drift,
                count(*) FILTER (WHERE stability_index > {DRIFTED} AND feature <> 'score') AS drifted_count
            FROM drifts
            WHERE judged_at = last_at
            GROUP BY model
        )

        SELECT coalesce(present.model, last_drifts.model) AS model, present.* EXCLUDE (model),
            last_drifts.drift, last_drifts.drifted_count
        FROM present
        FULL OUTER JOIN last_drifts ON present.model = last_drifts.model
        ORDER BY 1""")


def drift(reader: Reader, model: str) -> pd.DataFrame:
    """`feature, stability_index, row_count, judged_at, is_last`: the scores at each scoring, and every feature that was
    no longer stable."""
    return reader.frame(
        f"""
        WITH {_DRIFTS}
        SELECT feature, stability_index, row_count, judged_at, judged_at = last_at AS is_last
        FROM drifts
        WHERE model = $model
        ORDER BY judged_at, stability_index DESC, feature""",
        model=model,
    )


_DRIFTS = """
        drifts AS (
            SELECT
                source AS model,
                check_name[length('drift of ') + 1:] AS feature,
                CAST(json_extract_string(observed, '$.stability_index') AS DOUBLE) AS stability_index,
                rows_in AS row_count,
                "at" AS judged_at,
                max("at") OVER (PARTITION BY source) AS last_at
            FROM quality_checks
            WHERE kind = 'drift'
        )"""


def score_range(reader: Reader, model: str) -> dict[str, Any]:
    """`people, least, tenth, median, ninetieth, most` of the present scores."""
    return reader.row(
        """
        SELECT
            count(*) AS people,
            min(score) AS least,
            quantile_disc(score, 0.1) AS tenth,
            quantile_disc(score, 0.5) AS median,
            quantile_disc(score, 0.9) AS ninetieth,
            max(score) AS most
        FROM scores
        WHERE model = $model AND score IS NOT NULL""",
        model=model,
    )


def uplift_by_channel(reader: Reader) -> pd.DataFrame:
    """`channel, people_count, best_count, mean_uplift, positive_count`: effects as they are told now."""
    return reader.frame("""
        SELECT
            channel,
            count(*) AS people_count,
            count(*) FILTER (WHERE is_best) AS best_count,
            avg(uplift) AS mean_uplift,
            count(*) FILTER (WHERE uplift > 0) AS positive_count
        FROM uplift
        GROUP BY channel
        ORDER BY people_count DESC, channel""")
