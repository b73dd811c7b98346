"""Shapley values of linear models: weight times the distance from the mean (E. Štrumbelj and I. Kononenko, Knowledge
and Information Systems 41 (2014) 647–665), also behind steps that make several columns of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.reasons.contributions import Contributions

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

#: Rows by which it is found out which input an output of the steps depends on.
PROBES = 400


def line_contributions(estimator: Any, frame: pd.DataFrame) -> Contributions | None:
    """Contributions of a linear model, bare or the last step of a pipeline whose other steps treat each column by
    itself; None for anything else. The mean is that of the rows given."""
    import numpy as np

    steps = getattr(estimator, "steps", [("line", estimator)])
    line = steps[-1][1]
    weights = np.ravel(getattr(line, "coef_", ()))
    if not len(weights) or type(line).__name__ in ("SVC", "SVR"):
        return None
    changed = _changed(steps, frame)
    if len(weights) != changed.shape[1]:
        return None
    owners = _owners(steps, frame) if len(steps) > 1 else np.eye(len(weights), dtype=bool)
    if owners is None:
        return None
    means = np.asarray(changed.mean(axis=0)).ravel()
    # (rows − mean) · weight, summed over the outputs of each input: two products, the wide table is never copied.
    shares = owners * weights[:, None]
    values = np.asarray(changed @ shares) - means @ shares
    usual = float(np.ravel(line.intercept_)[0] + weights @ means)
    return Contributions(tuple(map(str, frame.columns)), values.T.astype(np.float32), usual)


def _changed(steps: list[Any], frame: pd.DataFrame) -> Any:
    import numpy as np

    found: Any = frame
    for _, step in steps[:-1]:
        found = step.transform(found)
    return found if hasattr(found, "tocsr") else np.asarray(found, float)


def _owners(steps: list[Any], frame: pd.DataFrame) -> np.ndarray | None:
    """Which input (columns) each output (rows) comes of; None if one comes of several.

    Found by trying: a column whose values are turned round changes its own outputs and no other.
    """
    import numpy as np

    rows = frame.iloc[np.unique(np.linspace(0, len(frame) - 1, min(PROBES, len(frame))).astype(int))]
    usual = _dense(_changed(steps, rows))
    owners = np.zeros((usual.shape[1], frame.shape[1]), bool)
    for number, column in enumerate(frame.columns):
        turned = rows.copy(deep=False)
        turned[column] = rows[column].to_numpy()[::-1]
        owners[:, number] = (_dense(_changed(steps, turned)) != usual).any(axis=0)
    return owners if owners.sum(axis=1).max(initial=0) <= 1 else None


def _dense(table: Any) -> Any:
    return table.toarray() if hasattr(table, "toarray") else table
