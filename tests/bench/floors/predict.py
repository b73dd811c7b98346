"""Floor: a gradient-boosted model fitted and applied once to the features, nothing tracked or calibrated."""

from __future__ import annotations

import duckdb
import numpy as np


def run(connection: duckdb.DuckDBPyConnection) -> np.ndarray:
    """A score in [0, 1] for each row of `features`."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    columns = connection.execute("SELECT * EXCLUDE (who) FROM features").fetchnumpy()
    rows = np.column_stack([np.asarray(column, dtype=float) for column in columns.values()])
    label = rows[:, 1] > 0
    model = HistGradientBoostingClassifier(max_iter=100, random_state=0).fit(rows, label)
    return model.predict_proba(rows)[:, 1]
