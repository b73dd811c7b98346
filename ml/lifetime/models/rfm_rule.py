"""RFM rule: customers who were alike in recency, frequency and money, and what such were worth last time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.lifetime.contract import FittedLifetime, Forecast, LifetimeModel, Terms
from ml.lifetime.windows import longest_window

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History

#: Thirds of each of the three make 27 cells; one with fewer people than this speaks with the voice of all.
PARTS = 3
FEWEST = 10


@dataclass(frozen=True)
class RfmRule:
    """Edges between the thirds (3 × 2), and per cell (27) the mean value and purchases, for the days asked."""

    edges: Floats
    value: Floats
    purchases: Floats
    rows: int

    def forecast(self, history: History) -> Forecast:
        cell = _cells(_measures(history), self.edges)
        return Forecast(self.value[cell], purchases=self.purchases[cell])

    def told(self) -> Mapping[str, float]:
        return {"rows": self.rows}

    def kept(self) -> Kept:
        from ml.lifetime.kept import Kept

        arrays = {key: getattr(self, key) for key in ("edges", "value", "purchases")}
        return Kept({"rows": self.rows}, arrays)


def fit(history: History, terms: Terms) -> FittedLifetime:
    """Means of the latest window that is over; a shorter one than asked for is stretched in proportion."""
    import numpy as np

    days = longest_window(history, terms.days)
    past = history.at(history.cutoff - days)
    from ml.lifetime.purchases import outcome_after

    outcome, measures = outcome_after(history.purchases, past, days), _measures(past)
    edges = np.quantile(measures, [part / PARTS for part in range(1, PARTS)], axis=1).T
    cell, stretch = _cells(measures, edges), terms.days / days
    means = (_means(cell, each) * stretch for each in (outcome.value, outcome.purchases))
    return RfmRule(edges, *means, rows=len(past))


def _measures(history: History) -> Floats:
    """Recency (weeks since the last purchase, negated), frequency and money of all purchases (3 × n)."""
    import numpy as np

    summary, bought = history.summary, history.purchases
    total = np.bincount(bought.customer, bought.amount, minlength=len(history))
    return np.array([summary.last_at - summary.age, summary.repeats, total / (summary.repeats + 1)])


def _cells(measures: Floats, edges: Floats) -> np.ndarray:
    import numpy as np

    parts = [np.searchsorted(edge, each, side="left") for edge, each in zip(edges, measures, strict=True)]
    return (parts[0] * PARTS + parts[1]) * PARTS + parts[2]


def _means(cell: np.ndarray, values: Floats) -> Floats:
    import numpy as np

    counts = np.bincount(cell, minlength=PARTS**3)
    sums = np.bincount(cell, values, minlength=PARTS**3)
    return np.where(counts >= FEWEST, sums / np.maximum(counts, 1), values.mean())


def restore(kept: Kept) -> FittedLifetime:
    return RfmRule(**kept.arrays, rows=kept.numbers["rows"])


plugin = LifetimeModel(
    "what customers alike in recency, frequency and money were worth", fit, restore, is_baseline=True
)
