"""Own gap: the next order comes one median gap after the last. What people go by without a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kith.errors import KithError
from ml.lifetime.contract import Terms
from ml.next_order.contract import FittedNextOrder, NextOrderModel

if TYPE_CHECKING:
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History
    from ml.next_order.outlook import Outlook


@dataclass(frozen=True)
class OwnGap:
    """`usual_gap` (days) is the median gap of all people, for those without a gap of their own."""

    usual_gap: float
    days: int

    def outlook(self, history: History) -> Outlook:
        """All of the chance on one day: the last order's plus the gap, or as many gaps as lead past today."""
        import numpy as np

        from ml.lifetime.gaps import gaps_of
        from ml.next_order.outlook import Outlook

        gaps = gaps_of(history)
        gap = np.where(np.isnan(gaps.median), self.usual_gap, gaps.median)
        gap = np.maximum(gap, 1)
        waiting = np.ceil(gap * np.ceil(gaps.silent / gap) - gaps.silent + 1)
        each_day = np.arange(1, self.days + 1, dtype=float)
        return Outlook(each_day, (waiting[:, None] <= each_day).astype(float))

    def told(self) -> Mapping[str, float]:
        return {"usual_gap_days": self.usual_gap}

    def kept(self) -> Kept:
        from ml.lifetime.kept import Kept

        return Kept({"usual_gap": self.usual_gap, "days": self.days})


def fit(history: History, terms: Terms) -> FittedNextOrder:
    """Raises KithError where nobody came back, so that no gap is known."""
    import numpy as np

    from ml.lifetime.gaps import gaps_of

    gaps = gaps_of(history).median
    known = gaps[~np.isnan(gaps)]
    if not len(known):
        raise KithError(f"none of {len(history):,} customers has ordered twice", where="next order")
    return OwnGap(float(np.median(known)), terms.days)


def restore(kept: Kept) -> FittedNextOrder:
    return OwnGap(kept.numbers["usual_gap"], kept.numbers["days"])


plugin = NextOrderModel("the last order plus one's own median gap", fit, restore, is_baseline=True)
