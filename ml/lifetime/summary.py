"""What the probability models know of a customer: how often, how lately, for how long, how much.

Times are weeks (days ÷ 7) since the customer's first purchase; purchases of one day are one purchase. This is
the summary (x, t_x, T, z̄) of P. S. Fader, B. G. S. Hardie, K. L. Lee, "Counting Your Customers" the Easy Way,
Marketing Science 24 (2005) 275–284.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kith.errors import KithError

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats

DAYS_IN_WEEK = 7


@dataclass(frozen=True)
class Summary:
    """n customers: `repeats` purchases after the first (x), the latest of them at `last_at` (t_x, 0 without
    any), known for `age` weeks (T), `spend` the mean amount of a repeat purchase (0 where unknown)."""

    repeats: Floats
    last_at: Floats
    age: Floats
    spend: Floats

    def __len__(self) -> int:
        return len(self.repeats)

    def take(self, rows: np.ndarray | slice) -> Summary:
        """The customers that a mask, positions or a slice choose."""
        return Summary(self.repeats[rows], self.last_at[rows], self.age[rows], self.spend[rows])


@dataclass(frozen=True)
class Grouped:
    """The distinct (x, t_x, T) of many customers, with how many share each and which is whose.

    A likelihood over `counts` equals the one over customers: a shop of a million has a few ten thousand.
    """

    repeats: Floats
    last_at: Floats
    age: Floats
    counts: Floats
    group_of: np.ndarray

    @property
    def customers(self) -> int:
        return int(self.counts.sum())

    @property
    def repeaters(self) -> int:
        """Customers who bought again."""
        return int(self.counts[self.repeats > 0].sum())

    @property
    def purchases(self) -> int:
        """Repeat purchases of all."""
        return int((self.counts * self.repeats).sum())

    def distinct(self) -> Summary:
        """A customer of each row, without amounts."""
        import numpy as np

        return Summary(self.repeats, self.last_at, self.age, np.zeros(len(self.counts)))

    def thinned(self, step: int) -> Grouped:
        """Every `step`-th group: enough to find a place to start from."""
        part = slice(None, None, step)
        return Grouped(
            self.repeats[part], self.last_at[part], self.age[part], self.counts[part], self.group_of[:0]
        )


def summary_of(repeats: Floats, last_at: Floats, age: Floats, spend: Floats | None = None) -> Summary:
    """A checked summary; raises KithError that counts what can't be."""
    import numpy as np

    given = (repeats, last_at, age, np.zeros(len(repeats)) if spend is None else spend)
    columns = [np.asarray(each, dtype=float) for each in given]
    summary = Summary(*columns)
    if not len(summary):
        raise KithError("there are no customers to summarise", expected="one customer at least")
    for wrong, told in _impossible(summary):
        count = int(np.count_nonzero(wrong))
        if count:
            raise KithError(f"{count} of {len(summary)} customers have {told}", where="lifetime value")
    return summary


def _impossible(given: Summary) -> list[tuple[np.ndarray, str]]:
    import numpy as np

    x, last_at, age, spend = given.repeats, given.last_at, given.age, given.spend
    unknown = ~(np.isfinite(x) & np.isfinite(last_at) & np.isfinite(age) & np.isfinite(spend))
    return [
        (unknown, "a count, time or amount that is no number"),
        ((x < 0) | (x != np.floor(x)), "a number of repeat purchases that is no count"),
        ((last_at < 0) | (last_at > age * (1 + 1e-12)), "a last purchase outside of their time"),
        ((x > 0) & (last_at <= 0), "repeat purchases at the time of the first"),
        ((x == 0) & (last_at > 0), "a last repeat purchase without any"),
    ]


def group(summary: Summary) -> Grouped:
    """Customers with equal x, t_x and T as one row, sorted by them: in whatever order they come, a fit is the same."""
    import numpy as np
    import pandas as pd

    columns = (summary.repeats, summary.last_at, summary.age)
    keys = np.zeros(len(summary), dtype=np.int64)
    for column in columns:
        codes, levels = pd.factorize(column)
        # Re-coded after each column, so that the product of levels can't run over: at most n × n < 2⁶³.
        keys = pd.factorize(keys * len(levels) + codes)[0].astype(np.int64)
    counts = np.bincount(keys).astype(float)
    first = np.empty(len(counts), dtype=np.int64)
    first[keys[::-1]] = np.arange(len(keys) - 1, -1, -1)
    distinct = [column[first] for column in columns]
    order = np.lexsort(distinct[::-1])
    place = np.argsort(order)
    return Grouped(*(column[order] for column in distinct), counts=counts[order], group_of=place[keys])
