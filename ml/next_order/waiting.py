"""How long people waited for their next order, and what trees may go by to foresee it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.lifetime.gaps import gaps_of

if TYPE_CHECKING:
    import pandas as pd

    from ml.contract import Floats
    from ml.lifetime.purchases import History, Purchases


def days_until_next(purchases: Purchases, history: History, days: int) -> Floats:
    """Days from the cut-off until the end of the day of each one's next purchase: 1 … `days`, infinite for
    those who didn't come within them (n). `purchases` may be later than the history."""
    import numpy as np

    ahead = (purchases.day >= history.cutoff) & (purchases.day < history.cutoff + days)
    position = np.full(len(purchases.customers), -1)
    position[np.searchsorted(purchases.customers, history.purchases.customers)] = np.arange(len(history))
    who = position[purchases.customer[ahead]]
    found = np.full(len(history), np.inf)
    np.minimum.at(found, who[who >= 0], purchases.day[ahead][who >= 0] - history.cutoff + 1.0)
    return found


def features_of(history: History, days: int) -> pd.DataFrame:
    """What the trees go by (n rows): the columns of lifetime value, and the gaps with how overdue they make the
    next order."""
    import numpy as np

    from ml.lifetime.features import features_of as usual_features

    gaps, features = gaps_of(history), usual_features(history, days)
    with np.errstate(divide="ignore", invalid="ignore"):
        return features.assign(
            median_gap_days=gaps.median,
            gap_deviation_days=gaps.deviation,
            latest_gap_days=gaps.latest,
            silent_days=gaps.silent,
            silent_of_median_gap=np.where(gaps.median > 0, gaps.silent / gaps.median, np.nan),
        )
