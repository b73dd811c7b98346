"""Floor: half-hour sessions by a lag and a running sum, then one aggregate."""

from __future__ import annotations

import duckdb

SQL = """
CREATE OR REPLACE TABLE sessions AS
WITH marked AS (
    SELECT coalesce(user_id, anonymous_id) AS who, occurred_at,
           coalesce(occurred_at - lag(occurred_at) OVER person > INTERVAL 30 MINUTE, true) AS is_new
    FROM events
    WINDOW person AS (PARTITION BY coalesce(user_id, anonymous_id) ORDER BY occurred_at)
), numbered AS (
    SELECT who, occurred_at, sum(is_new::INT) OVER (PARTITION BY who ORDER BY occurred_at) AS number
    FROM marked
)
SELECT who, number, min(occurred_at) AS started_at, max(occurred_at) AS ended_at, count(*) AS event_count
FROM numbered GROUP BY who, number
"""


def run(connection: duckdb.DuckDBPyConnection) -> int:
    """Make the table `sessions` out of `events`; answers its rows."""
    connection.execute(SQL)
    return connection.execute("SELECT count(*) FROM sessions").fetchall()[0][0]
