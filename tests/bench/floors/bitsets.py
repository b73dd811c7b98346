"""Floor: three memberships as packed comparisons."""

from __future__ import annotations

import duckdb
import numpy as np


def run(connection: duckdb.DuckDBPyConnection, scores: np.ndarray) -> int:
    """How many memberships three segments hold."""
    found = connection.execute("SELECT order_count, recency_days, view_count FROM features").fetchnumpy()
    masks = [
        np.packbits(scores >= np.quantile(scores, 0.7)),
        np.packbits((found["order_count"] >= 2) & (found["recency_days"] > 30)),
        np.packbits((found["view_count"] > 3) & (found["order_count"] == 0)),
    ]
    return int(sum(np.unpackbits(mask).sum() for mask in masks))
