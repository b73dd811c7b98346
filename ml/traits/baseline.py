"""What people would go by without a model: the one column that tells most, by the rates of its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml.leaks import separation

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ml.binary.inputs import Inputs
    from ml.contract import Floats

BANDS = 20

#: Rows of the general rate that each band begins with.
SHRUNK_BY = 10.0


def best_column(
    inputs: Inputs, learned: pd.DataFrame, answers: Floats, asked: pd.DataFrame
) -> tuple[str, Floats]:
    """The column whose rates separate the learned rows (n) best, and the rates of the asked rows (m)."""
    found = {}
    for name in inputs.columns:
        bands = _edges(learned[name].to_numpy()) if name in inputs.numbers else None
        rates = _rates(_places(learned[name].to_numpy(), bands), answers)
        told = _told(rates, _places(learned[name].to_numpy(), bands))
        found[name] = (separation(answers, told), rates, bands)
    best = max(found, key=lambda name: (found[name][0], name))
    _, rates, bands = found[best]
    return best, _told(rates, _places(asked[best].to_numpy(), bands))


def _edges(values: Floats) -> Sequence[float]:
    import numpy as np

    known = values[~np.isnan(values)]
    return sorted(set(np.quantile(known, np.linspace(0, 1, BANDS + 1)[1:-1]).tolist())) if len(known) else []


def _places(values: Floats, edges: Sequence[float] | None) -> np.ndarray:
    """The band of each value, the category's code, or -1 where unknown."""
    import numpy as np

    places = values if edges is None else np.searchsorted(edges, values, side="right").astype(float)
    return np.where(np.isnan(values), -1, np.nan_to_num(places)).astype(int)


def _rates(places: np.ndarray, answers: Floats) -> Floats:
    """The rate by place, the unknown one first."""
    import numpy as np

    count = np.bincount(places + 1)
    yes = np.bincount(places + 1, answers)
    return (yes + SHRUNK_BY * answers.mean()) / (count + SHRUNK_BY)


def _told(rates: Floats, places: np.ndarray) -> Floats:
    """Rates by place; one that wasn't there is as the unknown ones."""
    import numpy as np

    return rates[np.where(places + 1 < len(rates), places + 1, 0)]
