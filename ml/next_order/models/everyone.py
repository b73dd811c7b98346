"""Everyone: as long as all people waited in the latest window that is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.lifetime.contract import Terms
from ml.next_order.contract import FittedNextOrder, NextOrderModel

if TYPE_CHECKING:
    from ml.contract import Floats
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History
    from ml.next_order.outlook import Outlook


@dataclass(frozen=True)
class Everyone:
    """The share of people who had ordered again within each day (g), of `rows` who were known."""

    days: Floats
    chance: Floats
    rows: int

    def outlook(self, history: History) -> Outlook:
        import numpy as np

        from ml.next_order.outlook import Outlook

        return Outlook(self.days, np.tile(self.chance, (len(history), 1)))

    def told(self) -> Mapping[str, float]:
        return {"rows": self.rows}

    def kept(self) -> Kept:
        from ml.lifetime.kept import Kept

        return Kept({"rows": self.rows}, {"days": self.days, "chance": self.chance})


def fit(history: History, terms: Terms) -> FittedNextOrder:
    """All have been watched for the same days, so the shares need no correction for who was lost from sight."""
    from ml.lifetime.windows import past_cutoffs
    from ml.next_order.outlook import days_ahead
    from ml.next_order.waiting import days_until_next

    past = history.at(past_cutoffs(history, terms.days, 1)[0])
    waited, days = days_until_next(history.purchases, past, terms.days), days_ahead(terms.days)
    return Everyone(days, (waited[:, None] <= days).mean(axis=0), len(past))


def restore(kept: Kept) -> FittedNextOrder:
    return Everyone(kept.arrays["days"], kept.arrays["chance"], kept.numbers["rows"])


plugin = NextOrderModel("as all people waited last time", fit, restore, is_baseline=True)
