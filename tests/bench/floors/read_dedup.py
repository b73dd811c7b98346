"""Floor: every event row read once from the lake, the first received of each id kept."""

from __future__ import annotations

import duckdb


def run(connection: duckdb.DuckDBPyConnection, events: str) -> int:
    """Make the table `events`; answers its rows."""
    connection.execute(f"""
        CREATE OR REPLACE TABLE events AS
        SELECT * FROM read_parquet('{events}', hive_partitioning = false)
        QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY received_at) = 1""")
    return connection.execute("SELECT count(*) FROM events").fetchall()[0][0]
