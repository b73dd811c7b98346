"""Can the data and the models be trusted? Figures of the overview's lower half."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards.reader import Reader


@dataclass(frozen=True)
class Arrivals:
    """What came in and what became of it, over all batches; `rows_in` = landed + set aside."""

    batches: int
    rows_in: int
    rows_landed: int
    rows_set_aside: int
    checks: int
    checks_failed: int
    blocking_failed: int


def count_arrivals(reader: Reader) -> Arrivals:
    """Rows are counted once a batch, however many checks judged it."""
    row = reader.row("""
        WITH batches AS (
            SELECT
                batch_id,
                any_value(rows_in) AS rows_in,
                any_value(rows_landed) AS rows_landed,
                any_value(rows_set_aside) AS rows_set_aside,
                count(*) AS checks,
                count(*) FILTER (WHERE NOT is_passed) AS checks_failed,
                count(*) FILTER (WHERE NOT is_passed AND is_blocking) AS blocking_failed
            FROM quality_checks
            WHERE batch_id IS NOT NULL
            GROUP BY batch_id
        )

        SELECT
            count(*) AS batches,
            coalesce(sum(rows_in), 0)::BIGINT AS rows_in,
            coalesce(sum(rows_landed), 0)::BIGINT AS rows_landed,
            coalesce(sum(rows_set_aside), 0)::BIGINT AS rows_set_aside,
            coalesce(sum(checks), 0)::BIGINT AS checks,
            coalesce(sum(checks_failed), 0)::BIGINT AS checks_failed,
            coalesce(sum(blocking_failed), 0)::BIGINT AS blocking_failed
        FROM batches""")
    return Arrivals(**row)


def checks_by_source(reader: Reader) -> pd.DataFrame:
    """One row per source and check: how often it was asked, how often it failed, when last."""
    return reader.frame("""
        SELECT
            source,
            check_name,
            bool_or(is_blocking) AS is_blocking,
            count(*) AS asked_count,
            count(*) FILTER (WHERE NOT is_passed) AS failed_count,
            arg_max(is_passed, "at") AS is_passed,
            max("at") AS last_at
        FROM quality_checks
        GROUP BY source, check_name
        ORDER BY failed_count DESC, source, check_name""")


def champions(reader: Reader) -> list[dict[str, Any]]:
    """The champion of each model: version, when and on how much it was trained."""
    return reader.rows("""
        SELECT DISTINCT ON (model)
            model, model_version, trained_at, as_of, horizon_days, train_rows, test_rows
        FROM model_runs
        WHERE is_champion
        ORDER BY model, trained_at DESC""")


def model_metrics(reader: Reader, model: str, version: str) -> pd.DataFrame:
    """`metric, metric_value` of one trained version, measured on the later time window."""
    return reader.frame(
        """
        SELECT metric, any_value(metric_value) AS metric_value
        FROM model_runs
        WHERE model = $model AND model_version = $version AND is_champion
        GROUP BY metric
        ORDER BY metric""",
        model=model,
        version=version,
    )


def score_distribution(
    reader: Reader, model: str, low: float | None = None, high: float | None = None, bins: int = 20
) -> pd.DataFrame:
    """`score_from, score_to, people` in equal steps from `low` to `high`, by default the least score and one that
    99 % of people don't exceed; who lies beyond is in the last step."""
    return reader.frame(
        """
        WITH known AS (
            SELECT CAST(score AS DOUBLE) AS score
            FROM scores
            WHERE model = $model AND score IS NOT NULL
        ),

        bounds AS (
            SELECT
                coalesce($low, min(score)) AS low,
                greatest(coalesce($high, quantile_cont(score, 0.99)), coalesce($low, min(score)) + 1e-9) AS high
            FROM known
        ),

        steps AS (
            SELECT
                bounds.low,
                (bounds.high - bounds.low) / $bins AS width,
                greatest(least(floor((known.score - bounds.low) / width), $bins - 1), 0) AS step
            FROM known
            CROSS JOIN bounds
        )

        SELECT low + step * width AS score_from, low + (step + 1) * width AS score_to, count(*) AS people
        FROM steps
        GROUP BY ALL
        ORDER BY score_from""",
        model=model,
        low=low,
        high=high,
        bins=bins,
    )
