"""Floor: one scan of the events into a row of counts for each person."""

from __future__ import annotations

import duckdb

SQL = """
CREATE OR REPLACE TABLE features AS
SELECT coalesce(user_id, anonymous_id) AS who,
       count(*) AS event_count,
       count(*) FILTER (event = 'Order Completed') AS order_count,
       count(*) FILTER (event = 'Product Viewed') AS view_count,
       count(*) FILTER (
           occurred_at >= (SELECT max(occurred_at) FROM events) - INTERVAL 30 DAY
       ) AS recent_count,
       epoch((SELECT max(occurred_at) FROM events) - max(occurred_at)) / 86400 AS recency_days,
       epoch(max(occurred_at) - min(occurred_at)) / 86400 AS tenure_days
FROM events GROUP BY ALL
"""


def run(connection: duckdb.DuckDBPyConnection) -> int:
    """Make the table `features`; answers its rows."""
    connection.execute(SQL)
    return connection.execute("SELECT count(*) FROM features").fetchall()[0][0]
