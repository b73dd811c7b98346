"""What people would go by without a model. Each rule learns rates from the training windows and tells those of others.

A rate begins with ten rows of the general one, so that a corner in which nobody stood tells nothing wild.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from ml.leaks import separation

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ml.binary.inputs import Inputs
    from ml.binary.split import Split
    from ml.contract import Floats
    from ml.features import FeatureTable

BANDS = 20
FIFTHS = 5
SHRUNK_BY = 10.0

#: Recency, frequency, monetary value: the columns of the shop's oldest rule (J. R. Bult and T. Wansbeek, 1995).
RFM = ("days_since_last_order", "order_count", "order_amount")


def last_value(split: Split, inputs: Inputs) -> Floats:
    """Who did it in the window before does it again: the rates of those who did and who didn't (m test rows)."""
    before, now = (_places(window.rows.before, None) for window in (split.train, split.test))
    return _told(_rates(before, split.train.answers), now)


def rfm_rule(split: Split, inputs: Inputs) -> Floats:
    """The rates of the cells of recency × frequency × monetary value, each in fifths of the training rows."""
    cells, asked = (_cells(window.rows, split.train.rows) for window in (split.train, split.test))
    return _told(_rates(cells, split.train.answers), asked)


def _cells(rows: FeatureTable, learned: FeatureTable) -> np.ndarray:
    import numpy as np

    cells = np.zeros(len(rows), dtype=int)
    for name in RFM:
        cells = cells * (FIFTHS + 1) + _places(rows.column(name), _edges(learned.column(name), FIFTHS)) + 1
    return cells


def best_single_column(split: Split, inputs: Inputs) -> Floats:
    """The one column that tells most on the training rows, by the rates of its values."""
    learned, asked = (inputs.matrix(window.rows.frame()) for window in (split.train, split.test))
    return best_column(inputs, learned, split.train.answers, asked)[1]


RULES: Mapping[str, Callable[[Split, Inputs], Floats]] = {
    "last_value": last_value,
    "rfm_rule": rfm_rule,
    "best_column": best_single_column,
}


def best_column(
    inputs: Inputs, learned: pd.DataFrame, answers: Floats, asked: pd.DataFrame
) -> tuple[str, Floats]:
    """The column whose rates separate the learned rows (n) best, and the rates of the asked rows (m)."""
    found = {}
    for name in inputs.columns:
        values = learned[name].to_numpy()
        edges = _edges(values, BANDS) if name in inputs.numbers else None
        rates = _rates(_places(values, edges), answers)
        found[name] = (separation(answers, _told(rates, _places(values, edges))), rates, edges)
    best = max(found, key=lambda name: (found[name][0], name))
    _, rates, edges = found[best]
    return best, _told(rates, _places(asked[best].to_numpy(), edges))


def rates_by_value(codes: Floats, answers: Floats) -> Floats:
    """The rate among those of the same code, for each row (n)."""
    places = _places(codes, None)
    return _told(_rates(places, answers), places)


def _edges(values: Floats, bands: int) -> Sequence[float]:
    """Between bands of equally many rows; equal values stay together."""
    import numpy as np

    known = values[~np.isnan(values)]
    return sorted(set(np.quantile(known, np.linspace(0, 1, bands + 1)[1:-1]).tolist())) if len(known) else []


def _places(values: Floats | None, edges: Sequence[float] | None) -> np.ndarray:
    """The band of each value, the value itself (a code) without edges, or -1 where unknown."""
    import numpy as np

    given = np.asarray(values, dtype=float)
    places = given if edges is None else np.searchsorted(edges, given, side="right").astype(float)
    return np.where(np.isnan(given), -1, np.nan_to_num(places)).astype(int)


def _rates(places: np.ndarray, answers: Floats) -> Floats:
    """The rate by place, the unknown one first."""
    import numpy as np

    count, yes = np.bincount(places + 1), np.bincount(places + 1, answers)
    return (yes + SHRUNK_BY * answers.mean()) / (count + SHRUNK_BY)


def _told(rates: Floats, places: np.ndarray) -> Floats:
    """Rates by place; one that wasn't there is as the unknown ones."""
    import numpy as np

    return rates[np.where(places + 1 < len(rates), places + 1, 0)]
