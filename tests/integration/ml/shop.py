"""A shop for models to learn from: orders become features as of cut-offs, under the column names of the warehouse."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import yaml

from kith.clock import FixedClock
from kith.run import Run, begin_run, publish_run
from kith.settings import PROJECT, Settings
from kith.times import to_utc_naive

AS_OF = datetime(2026, 5, 1, 8, tzinfo=UTC)
HORIZON = 30

#: Grain as in dbt: one row per profile known before it and cut-off, at as_of − 30 d × p.
FEATURES = """
CREATE OR REPLACE TABLE feat AS
WITH cut AS (
    SELECT $as_of::TIMESTAMP - to_days(CAST(30 * p AS INTEGER)) AS cutoff_at
    FROM (SELECT unnest(range(0, $cutoffs)) AS p)
),

known AS (
    SELECT
        orders.profile_id,
        cut.cutoff_at,
        orders.ordered_at,
        orders.amount,
        epoch(
            orders.ordered_at - lag(orders.ordered_at)
                OVER (PARTITION BY orders.profile_id, cut.cutoff_at ORDER BY orders.ordered_at)
        ) / 86400 AS gap_days
    FROM orders
    INNER JOIN cut ON orders.ordered_at < cut.cutoff_at
),

ahead AS (
    SELECT orders.profile_id, cut.cutoff_at, count(*) AS order_count
    FROM orders
    INNER JOIN cut
        ON orders.ordered_at >= cut.cutoff_at AND orders.ordered_at < cut.cutoff_at + to_days(30)
    GROUP BY ALL
)

SELECT
    known.profile_id,
    known.cutoff_at,
    epoch(known.cutoff_at - min(known.ordered_at)) / 86400 AS days_since_first_order,
    epoch(known.cutoff_at - max(known.ordered_at)) / 86400 AS days_since_last_order,
    count(*) AS order_count,
    count(*) FILTER (WHERE known.ordered_at >= known.cutoff_at - to_days(30)) AS order_count_30d,
    count(*) FILTER (WHERE known.ordered_at >= known.cutoff_at - to_days(90)) AS order_count_90d,
    sum(known.amount) AS order_amount,
    coalesce(sum(known.amount) FILTER (WHERE known.ordered_at >= known.cutoff_at - to_days(90)), 0)
        AS order_amount_90d,
    avg(known.amount) AS average_order_amount,
    avg(known.gap_days) AS mean_gap_days,
    stddev_samp(known.gap_days) AS gap_deviation_days,
    known.cutoff_at < $as_of AS is_label_known,
    CASE WHEN known.cutoff_at < $as_of THEN coalesce(any_value(ahead.order_count), 0) END
        AS orders_next_30d_label
FROM known
LEFT JOIN ahead ON ahead.profile_id = known.profile_id AND ahead.cutoff_at = known.cutoff_at
GROUP BY known.profile_id, known.cutoff_at
"""
EVENTS = "SELECT profile_id, 'Order Completed' AS event, ordered_at AS effective_at FROM orders"
IDENTITIES = """
SELECT
    CASE WHEN profile_id LIKE 'order:%' THEN 'anonymous_id' ELSE 'user_id' END AS identifier_type,
    profile_id AS identifier_value,
    profile_id
FROM (SELECT DISTINCT profile_id FROM feat)
"""


#: In windows of 700 people chance alone makes a calibration error of 0.03.
WIDE_GATE = {"calibration_error_at_most": 0.08}


def define_churn(definitions: Path) -> None:
    """A definitions folder whose one prediction is churn, under a gate for a shop as small as ours."""
    predictions = definitions / "predictions"
    predictions.mkdir(parents=True)
    document = yaml.safe_load((PROJECT / "activation/definitions/predictions/churn.yml").read_text())
    (predictions / "churn.yml").write_text(yaml.safe_dump({**document, "gate": WIDE_GATE}, sort_keys=False))


def make_shop() -> duckdb.DuckDBPyConnection:
    """1,200 people over 240 days who buy at their own pace and some day stop: churn can be learned."""
    chance = np.random.default_rng(7)
    rows: list[tuple[str, datetime, float]] = []
    for person in range(1_200):
        pace = np.exp(chance.normal(3.2, 0.9))
        day = chance.uniform(0, 150)
        leaves_at = day + chance.exponential(400)
        while day < min(leaves_at, 240):
            ordered_at = datetime(2025, 9, 3, 8) + np.float64(day) * (datetime(1, 1, 2) - datetime(1, 1, 1))
            rows.append((f"p{person:04d}", ordered_at, round(float(chance.gamma(2, 20)), 2)))
            day += chance.exponential(pace)
    connection = duckdb.connect()
    connection.execute("CREATE TABLE orders (profile_id VARCHAR, ordered_at TIMESTAMP, amount DOUBLE)")
    connection.executemany("INSERT INTO orders VALUES (?, ?, ?)", rows)
    return connection


def publish_orders(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    as_of: datetime = AS_OF,
    cutoffs: int = 13,
    change: str = "",
) -> Run:
    """Publishes a run over a connection's table `orders` (profile_id, ordered_at, amount).

    `change` is SQL that runs over the finished features (table `feat`), to plant a fault.
    """
    run = begin_run(settings, FixedClock(as_of), as_of=as_of)
    connection.execute(FEATURES, {"as_of": to_utc_naive(as_of), "cutoffs": cutoffs})
    if change:
        connection.execute(change)
    events = f"{EVENTS} WHERE ordered_at < TIMESTAMP '{to_utc_naive(as_of)}'"
    connection.execute(f"COPY feat TO '{run.path}/feat_profile__activity.parquet' (FORMAT PARQUET)")
    connection.execute(f"COPY ({events}) TO '{run.path}/events.parquet' (FORMAT PARQUET)")
    connection.execute(f"COPY ({IDENTITIES}) TO '{run.path}/identities.parquet' (FORMAT PARQUET)")
    if not run.is_replay:
        publish_run(settings, run)
    return run
