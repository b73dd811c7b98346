"""Rows of Python into a relation of DuckDB, all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa


def insert(connection: duckdb.DuckDBPyConnection, relation: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Adds the rows; their order is that of the columns."""
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    laid = pa.table({f"c{number}": list(column) for number, column in enumerate(columns)})
    connection.register("laid_rows", laid)
    connection.execute(f"INSERT INTO {relation} SELECT * FROM laid_rows")
    connection.unregister("laid_rows")
