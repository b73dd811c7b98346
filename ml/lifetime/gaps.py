"""At what pace people used to buy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats
    from ml.lifetime.purchases import History


@dataclass(frozen=True)
class Gaps:
    """The gaps between each one's purchases in days (n each; NaN for who has none): their number, median,
    standard deviation and the latest; and the days since the last purchase."""

    count: Floats
    median: Floats
    deviation: Floats
    latest: Floats
    silent: Floats


def gaps_of(history: History) -> Gaps:
    """Gaps of the purchases of a history."""
    import numpy as np

    bought, n = history.purchases, len(history)
    order = np.lexsort((bought.day, bought.customer))
    who, day = bought.customer[order], bought.day[order].astype(float)
    same = np.flatnonzero(who[1:] == who[:-1])
    owner, gap = who[1:][same], np.diff(day)[same]
    count = np.bincount(owner, minlength=n).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(owner, gap, minlength=n) / count
        square = np.bincount(owner, gap**2, minlength=n) / count
    last = np.zeros(n)
    np.maximum.at(last, who, day)
    latest = np.full(n, np.nan)
    latest[owner] = gap  # in order of days, so the last one stays
    deviation = np.where(count > 1, np.sqrt(np.maximum(square - mean**2, 0)), np.nan)
    return Gaps(count, _medians(owner, gap, n), deviation, latest, history.cutoff - last)


def _medians(owner: np.ndarray, gap: Floats, n: int) -> Floats:
    """The median of each owner's values, NaN for those without (n)."""
    import numpy as np

    order = np.lexsort((gap, owner))
    gap, count = gap[order], np.bincount(owner, minlength=n)
    start = np.append(0, np.cumsum(count)[:-1])
    has = count > 0
    found = np.full(n, np.nan)
    low, high = (start + (count - 1) // 2)[has], (start + count // 2)[has]
    found[has] = (gap[low] + gap[high]) / 2
    return found
