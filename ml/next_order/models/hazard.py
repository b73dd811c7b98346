"""Hazard: boosted trees for the chance of an order in each stretch of days, given none before it.

Discrete-time survival by pooled binary answers, one row for each person and stretch until the order came: P. D.
Allison, Discrete-Time Methods for the Analysis of Event Histories, Sociological Methodology 13 (1982) 61–98.
People who didn't come back stay in the rows to the end of their window, so nothing is thought of their waiting
beyond it. Time passes in the features too: silence, and silence over the usual gap, are those at the stretch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml.lifetime.contract import Terms
from ml.next_order.contract import FittedNextOrder, NextOrderModel

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ml.contract import Floats
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History
    from ml.next_order.outlook import Outlook

#: Days at which a stretch ends; the outlook ends the last.
ENDS = (1, 3, 7, 14, 21, 30, 45, 60, 90, 120, 180, 270)
_CHUNK = 50_000


@dataclass(frozen=True)
class Hazard:
    """One classifier over all stretches; `columns` are the features of people that it asks for."""

    classifier: Any
    columns: tuple[str, ...]
    days: int
    rows: int
    orders: int

    def outlook(self, history: History) -> Outlook:
        import numpy as np

        from ml.next_order.outlook import Outlook
        from ml.next_order.waiting import features_of
        from ml.threads import one_thread

        features = features_of(history, self.days)[list(self.columns)]
        ends, found = _ends(self.days), []
        with one_thread():
            for start in range(0, len(features), _CHUNK):
                found.append(self._chances(features.iloc[start : start + _CHUNK], ends))
        return Outlook(ends, np.concatenate(found))

    def _chances(self, features: pd.DataFrame, ends: Floats) -> Floats:
        import numpy as np

        everybody = np.repeat(np.arange(len(features)), len(ends))
        stretch = np.tile(np.arange(len(ends)), len(features))
        risk = self.classifier.predict_proba(_at_risk(features, everybody, stretch, ends))[:, 1]
        return 1 - np.cumprod(1 - risk.reshape(len(features), len(ends)), axis=1)

    def told(self) -> Mapping[str, float]:
        return {"rows": self.rows, "orders": self.orders}

    def kept(self) -> Kept:
        from ml.lifetime.kept import Kept

        numbers = {key: getattr(self, key) for key in ("columns", "days", "rows", "orders")}
        return Kept(numbers, estimators={"classifier": self.classifier})


def fit(history: History, terms: Terms) -> FittedNextOrder:
    """Raises KithError, with counts, where no window of that length is over or too few came or stayed away."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier

    from ml.next_order.seen import SHAPE, seen_in
    from ml.threads import one_thread

    seen, ends = seen_in(history, terms), _ends(terms.days)
    reached = np.searchsorted(ends, seen.waited, side="left").clip(max=len(ends) - 1)
    people = np.repeat(np.arange(len(seen)), reached + 1)
    stretch = np.arange(len(people)) - np.repeat(np.cumsum(reached + 1) - reached - 1, reached + 1)
    ordered = seen.waited[people] <= ends[stretch]
    rows = _at_risk(seen.features, people, stretch, ends)
    with one_thread():
        classifier = HistGradientBoostingClassifier(**SHAPE, random_state=terms.seed).fit(rows, ordered)
    return Hazard(classifier, tuple(seen.features.columns), terms.days, len(rows), seen.came)


def _ends(days: int) -> Floats:
    import numpy as np

    return np.array([*(each for each in ENDS if each < days), days], dtype=float)


def _at_risk(features: pd.DataFrame, people: np.ndarray, stretch: np.ndarray, ends: Floats) -> pd.DataFrame:
    """The features of `people` (m positions), with time as it stands when their `stretch` (m) begins."""
    import numpy as np

    begins = np.append(0.0, ends[:-1])[stretch]
    rows = features.iloc[people].reset_index(drop=True)
    rows["stretch_begins"] = begins
    if "silent_days" in rows:
        rows["silent_days"] += begins
    if "silent_of_median_gap" in rows and "median_gap_days" in rows:
        rows["silent_of_median_gap"] += begins / rows["median_gap_days"]
    return rows


def restore(kept: Kept) -> FittedNextOrder:
    given = kept.numbers
    return Hazard(
        kept.estimators["classifier"], tuple(given["columns"]), given["days"], given["rows"], given["orders"]
    )


plugin = NextOrderModel("boosted trees: the chance of an order in each stretch of days", fit, restore)
