"""Purchases as of a cut-off: what the models may know, and what came after for those who judge them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kith.errors import KithError
from ml.lifetime.summary import DAYS_IN_WEEK, Summary, summary_of

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats


@dataclass(frozen=True)
class Purchases:
    """m days on which somebody bought, by customer and day; `customers` are n ids, `customer` (m) their
    positions, `day` (m) whole days, `amount` (m) money. `set_aside` days had more returned than bought."""

    customers: Any
    customer: np.ndarray
    day: np.ndarray
    amount: Floats
    set_aside: int = 0

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True)
class History:
    """What was known before the day `cutoff`: purchases of earlier days, of the customers seen by then."""

    purchases: Purchases
    cutoff: int

    def __len__(self) -> int:
        return len(self.purchases.customers)

    @cached_property
    def first_day(self) -> np.ndarray:
        """The day of each customer's first purchase (n)."""
        import numpy as np

        found = np.full(len(self), self.cutoff)
        np.minimum.at(found, self.purchases.customer, self.purchases.day)
        return found

    @property
    def length(self) -> int:
        """Days from the first purchase of anybody to the cut-off."""
        return int(self.cutoff - self.purchases.day.min())

    @cached_property
    def summary(self) -> Summary:
        """x, t_x, T and z̄ of each customer; T ends with the last day before the cut-off."""
        import numpy as np

        bought, n = self.purchases, len(self)
        again = bought.day > self.first_day[bought.customer]
        who, day, amount = bought.customer[again], bought.day[again], bought.amount[again]
        repeats = np.bincount(who, minlength=n).astype(float)
        last = self.first_day.copy()
        np.maximum.at(last, who, day)
        spend = np.bincount(who, amount, minlength=n) / np.maximum(repeats, 1)
        weeks = (last - self.first_day) / DAYS_IN_WEEK, (self.cutoff - 1 - self.first_day) / DAYS_IN_WEEK
        return summary_of(repeats, *weeks, spend)

    def at(self, cutoff: int) -> History:
        """What of this was known earlier; a later cut-off is refused, for it would claim to know more."""
        if cutoff > self.cutoff:
            raise KithError(f"a history until day {self.cutoff} can't tell of day {cutoff}")
        return known_before(self.purchases, cutoff)


@dataclass(frozen=True)
class Outcome:
    """What each customer of a history did in the days after it (n): purchases, and their amount."""

    purchases: Floats
    value: Floats


def purchases_of(customers: Any, days: Any, amounts: Any) -> Purchases:
    """Order lines (m customers, whole days, amounts; returns negative) as purchase days.

    What is returned on the same day is netted. A day that returns leave nothing of is no purchase: it is
    counted in `set_aside` and its amount dropped, so values are before returns on later days. A day of free
    goods without returns is a purchase of 0.
    """
    import numpy as np
    import pandas as pd

    lines = pd.DataFrame({"customer": customers, "day": days, "amount": amounts})
    if not len(lines) or not np.isfinite(lines["amount"].astype(float)).all():
        raise KithError(f"{len(lines)} order lines, of which all need a finite amount")
    lines["is_return"] = lines["amount"] < 0
    by_day = lines.groupby(["customer", "day"], sort=True).agg(
        amount=("amount", "sum"), is_return=("is_return", "any")
    )
    # Sums of floats: a day whose lines cancel out may leave a trace of 1e-12.
    nothing_left = (by_day["amount"] < 0.005) & by_day["is_return"]
    kept = by_day[~nothing_left].reset_index()
    codes, ids = pd.factorize(kept["customer"], sort=True)
    return Purchases(
        ids,
        codes,
        kept["day"].to_numpy(dtype=np.int64),
        kept["amount"].to_numpy(dtype=float),
        int(nothing_left.sum()),
    )


def known_before(purchases: Purchases, cutoff: int) -> History:
    """The history of those who had bought before the day `cutoff`."""
    import numpy as np

    before = purchases.day < cutoff
    if not before.any():
        raise KithError(f"nobody had bought before day {cutoff}, {len(purchases)} purchases came later")
    who, codes = np.unique(purchases.customer[before], return_inverse=True)
    kept = Purchases(
        purchases.customers[who], codes, purchases.day[before], purchases.amount[before], purchases.set_aside
    )
    return History(kept, cutoff)


def outcome_after(purchases: Purchases, history: History, days: int) -> Outcome:
    """What the customers of `history` did in the `days` from its cut-off on, by purchases that may be later."""
    import numpy as np

    ahead = (purchases.day >= history.cutoff) & (purchases.day < history.cutoff + days)
    position = np.full(len(purchases.customers), -1)
    position[np.searchsorted(purchases.customers, history.purchases.customers)] = np.arange(len(history))
    who = position[purchases.customer[ahead]]
    known = who >= 0
    amounts = purchases.amount[ahead][known]
    return Outcome(
        np.bincount(who[known], minlength=len(history)).astype(float),
        np.bincount(who[known], amounts, minlength=len(history)).astype(float),
    )
