"""Last value: the days ahead will be worth what as many days before were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.lifetime.contract import FittedLifetime, Forecast, LifetimeModel, Terms

if TYPE_CHECKING:
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History


@dataclass(frozen=True)
class LastValue:
    """Nothing is learned."""

    terms: Terms

    def forecast(self, history: History) -> Forecast:
        """Undiscounted: nobody who goes by this rule discounts."""
        import numpy as np

        bought = history.purchases
        recent = bought.day >= history.cutoff - self.terms.days
        who = bought.customer[recent]
        count = np.bincount(who, minlength=len(history)).astype(float)
        value = np.bincount(who, bought.amount[recent], minlength=len(history)).astype(float)
        return Forecast(value, purchases=count)

    def told(self) -> Mapping[str, float]:
        return {}

    def kept(self) -> Kept:
        from ml.lifetime.kept import Kept

        return Kept({"terms": vars(self.terms)})


def fit(history: History, terms: Terms) -> FittedLifetime:
    return LastValue(terms)


def restore(kept: Kept) -> FittedLifetime:
    return LastValue(Terms(**kept.numbers["terms"]))


plugin = LifetimeModel("the value of as many days before", fit, restore, is_baseline=True)
