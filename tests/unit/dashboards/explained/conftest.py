"""The hand-made shop with the tables that explain: laid by plain SQL over its people, visits and orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from dashboards.reader import Reader, open_reader
from kith.init import initialise
from kith.run import Run
from kith.settings import load_settings
from tests.unit.dashboards.snapshot import publish_shop

#: Each table as plain SQL over those before it.
TABLES = {
    "retention": """
        SELECT 'first_seen' AS cohort_by, 'week' AS period, DATE '2026-04-06' + 7 * week::INTEGER AS cohort_on,
            number AS period_number, number + week < 4 AS is_complete, (100 - 10 * week)::BIGINT AS cohort_count,
            CASE WHEN number + week < 4 THEN (100 - 10 * week - 20 * number)::BIGINT END AS active_count,
            CASE WHEN number + week < 4 THEN (100 - 10 * week - 15 * number)::BIGINT END AS unbounded_count,
            CASE WHEN number + week < 4 THEN 20 * number END AS returned_count
        FROM range(4) AS weeks (week), range(4) AS numbers (number)""",
    "rfm": """
        SELECT profile_id, 30.0 - (row_number() OVER (ORDER BY profile_id) % 30) AS recency_days, order_count,
            order_amount, currency,
            ntile(5) OVER (ORDER BY last_order_at, profile_id) AS recency_score,
            ntile(5) OVER (ORDER BY order_count, profile_id) AS frequency_score,
            ntile(5) OVER (PARTITION BY currency ORDER BY order_amount, profile_id) AS monetary_score,
            CASE WHEN order_count > 2 THEN 'champions' ELSE 'lost' END AS rfm_segment
        FROM profiles WHERE order_count > 0 AND NOT is_bot""",
    "attribution": """
        SELECT order_id, model, 1 AS touch_number, 2 AS touch_count, channel,
            CASE WHEN channel = 'email' THEN 'winback' END AS campaign, 0.5::DECIMAL(18, 9) AS credit,
            CASE WHEN channel = 'email' THEN net_amount - (net_amount / 2)::DECIMAL(18, 4)
                ELSE (net_amount / 2)::DECIMAL(18, 4) END AS revenue_amount, currency, ordered_at
        FROM orders, (VALUES ('email'), ('direct/none')) AS channels (channel),
            (VALUES ('first'), ('last'), ('linear'), ('shapley')) AS models (model)
        WHERE has_completion AND NOT is_cancelled""",
    "send_times": """
        SELECT profile_id, CASE WHEN country = 'DE' THEN 'Europe/Berlin' ELSE 'UTC' END AS time_zone,
            (8 + hash(profile_id) % 3)::BIGINT AS best_hour, NULL::BIGINT AS best_weekday, 'email' AS channel,
            0.3 AS probability, 18::BIGINT AS population_hour, 0.05 AS lift, 'own' AS basis,
            to_json(list_transform(range(24), lambda hour: 0.1 + hour / 100.0))::VARCHAR AS hour_weights,
            '[1.0,1.0,1.0,1.0,1.0,0.5,0.5]' AS weekday_weights
        FROM profiles WHERE NOT is_bot""",
    "channel_affinity": """
        SELECT profile_id, channel, 0.2 AS probability, CASE WHEN channel = 'email' THEN 1 ELSE 2 END AS rank
        FROM profiles, (VALUES ('email'), ('push')) AS channels (channel) WHERE NOT is_bot""",
    "recommendations": """
        SELECT profile_id, rank, 'p' || rank AS product_id, 1.0 / rank AS score,
            CASE WHEN rank = 3 THEN 'popular' ELSE 'similar' END AS kind,
            CASE WHEN rank < 3 THEN 'p3' END AS because_product_id,
            CASE WHEN rank < 3 THEN 'like Atlas' END AS reason, '2' AS model_version,
            TIMESTAMP '2026-05-08 08:00' AS recommended_at
        FROM profiles, (SELECT unnest([1, 2, 3])::BIGINT AS rank) WHERE NOT is_bot AND order_count > 0""",
    "product_recommendations": """
        SELECT 'p1' AS product_id, kind, 1::BIGINT AS rank, 'p2' AS recommended_product_id, 0.4 AS score
        FROM (VALUES ('also_bought'), ('also_viewed')) AS kinds (kind)""",
}


@pytest.fixture
def explained(shop: Run) -> Run:
    """The shop's run with all tables of the pages under "Understand"."""
    lay_further(shop)
    return shop


def lay_further(run: Run) -> None:
    """Write TABLES into a published run."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for path in run.path.glob("*.parquet"):
            connection.execute(f"CREATE VIEW \"{path.stem}\" AS FROM read_parquet('{path}')")
        for name, sql in TABLES.items():
            path = run.path / f"{name}.parquet"
            path.unlink(missing_ok=True)
            connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet)")
            connection.execute(f"CREATE OR REPLACE VIEW \"{name}\" AS FROM read_parquet('{path}')")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """A run that nobody changes, read by somebody who may see people."""
    settings = load_settings(home=tmp_path_factory.mktemp("explained") / "home")
    initialise(settings)
    lay_further(publish_shop(settings))
    found = open_reader(settings)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def asked(reader: Reader) -> Callable[..., Any]:
    """Plain SQL over the run: rows as tuples."""
    return lambda sql: reader.warehouse.connection.cursor().execute(sql).fetchall()
