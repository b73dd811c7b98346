"""Floor: connected components of user and anonymous ids, no limits, no history."""

from __future__ import annotations

import duckdb
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def run(connection: duckdb.DuckDBPyConnection) -> int:
    """How many people there are among the pairs of `events`."""
    pairs = connection.execute("""
        SELECT DISTINCT 'u' || user_id AS a, 'a' || anonymous_id AS b FROM events
        WHERE user_id IS NOT NULL AND anonymous_id IS NOT NULL""").fetchnumpy()
    names, codes = np.unique(np.concatenate([pairs["a"], pairs["b"]]).astype(str), return_inverse=True)
    left, right = codes[: len(pairs["a"])], codes[len(pairs["a"]) :]
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(len(names), len(names)))
    return int(connected_components(graph, directed=False)[0])
