"""Answers of DuckDB as numpy columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import numpy as np


def columns_of(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, np.ndarray]:
    """The answer by columns, none of which may hold NULL."""
    found = connection.execute(sql).to_arrow_table()
    return {name: found.column(name).to_numpy() for name in found.column_names}
