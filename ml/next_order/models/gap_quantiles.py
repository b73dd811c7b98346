"""Gap quantiles: boosted trees for whether an order comes within the outlook, and for quantiles of its day if so.

The quantiles are learned by pinball loss (R. Koenker, G. Bassett, Regression Quantiles, Econometrica 46 (1978)
33–50) on those who came; those who didn't speak through the chance of coming at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml.lifetime.contract import Terms
from ml.next_order.contract import FittedNextOrder, NextOrderModel

if TYPE_CHECKING:
    from ml.contract import Floats
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History
    from ml.next_order.outlook import Outlook

QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class GapQuantiles:
    """`coming` classifies people, `quantiles` give the day for each of QUANTILES."""

    coming: Any
    quantiles: tuple[Any, ...]
    columns: tuple[str, ...]
    days: int
    rows: int
    orders: int

    def outlook(self, history: History) -> Outlook:
        import numpy as np

        from ml.next_order.outlook import Outlook, days_ahead, rising
        from ml.next_order.waiting import features_of
        from ml.threads import one_thread

        features, days = features_of(history, self.days)[list(self.columns)], days_ahead(self.days)
        with one_thread():
            told = np.column_stack([each.predict(features) for each in self.quantiles])
            coming = self.coming.predict_proba(features)[:, 1:]
        told = np.sort(told.clip(0.5, self.days - 0.5), axis=1)  # quantiles learned apart may cross
        share = _shares(told, days, self.days)
        return Outlook(days, rising(coming * share))

    def told(self) -> Mapping[str, float]:
        return {"rows": self.rows, "orders": self.orders}

    def kept(self) -> Kept:
        from ml.lifetime.kept import Kept

        numbers = {key: getattr(self, key) for key in ("columns", "days", "rows", "orders")}
        named = {f"quantile_{number}": each for number, each in enumerate(self.quantiles)}
        return Kept(numbers, estimators={"coming": self.coming, **named})


def _shares(told: Floats, days: Floats, length: int) -> Floats:
    """The share of orders that has come within each of `days` (g), by the days told for QUANTILES (n × 5): even
    between them, from today and to the end of the outlook (n × g)."""
    import numpy as np

    n = len(told)
    at = np.column_stack([np.zeros(n), told, np.full(n, float(length))])
    levels = np.array([0.0, *QUANTILES, 1.0])
    found = np.empty((n, len(days)))
    rows = np.arange(n)
    for number, day in enumerate(days.tolist()):
        upper = (at < day).sum(axis=1).clip(1, len(levels) - 1)
        low, high = at[rows, upper - 1], at[rows, upper]
        part = np.where(high > low, (day - low) / np.maximum(high - low, 1e-12), 1.0).clip(0, 1)
        found[:, number] = levels[upper - 1] + part * (levels[upper] - levels[upper - 1])
    return found


def fit(history: History, terms: Terms) -> FittedNextOrder:
    """Raises KithError, with counts, where no window of that length is over or too few came or stayed away."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    from ml.next_order.seen import SHAPE, seen_in
    from ml.threads import one_thread

    seen = seen_in(history, terms)
    came, shape = np.isfinite(seen.waited), {**SHAPE, "random_state": terms.seed}
    with one_thread():
        coming = HistGradientBoostingClassifier(**shape).fit(seen.features, came)
        quantiles = [
            HistGradientBoostingRegressor(loss="quantile", quantile=each, **shape)
            # Within the last day of waiting, any hour is as good as another.
            .fit(seen.features[came], seen.waited[came] - 0.5)
            for each in QUANTILES
        ]
    columns = tuple(seen.features.columns)
    return GapQuantiles(coming, tuple(quantiles), columns, terms.days, len(seen), seen.came)


def restore(kept: Kept) -> FittedNextOrder:
    given, parts = kept.numbers, kept.estimators
    return GapQuantiles(
        parts["coming"],
        tuple(parts[f"quantile_{number}"] for number in range(len(QUANTILES))),
        tuple(given["columns"]),
        given["days"],
        given["rows"],
        given["orders"],
    )


plugin = NextOrderModel("boosted trees: whether an order comes, and quantiles of its day", fit, restore)
