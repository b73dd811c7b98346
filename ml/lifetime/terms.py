"""What a definition of lifetime value, or of the next order, may say besides what every prediction says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from ml.contract import NotTrainable
from ml.terms import Prediction

if TYPE_CHECKING:
    from ml.lifetime.purchases import History


class PurchasePrediction(Prediction):
    """A prediction from people's purchases. The `horizon` is whole days; `minimum_customers` is how many must have
    been known before the latest window, `minimum_returned` how many of them must have bought in it."""

    minimum_customers: int = Field(default=200, ge=1)
    minimum_returned: int = Field(default=30, ge=1)

    @field_validator("horizon")
    @classmethod
    def _is_days(cls, horizon: timedelta) -> timedelta:
        if horizon < timedelta(days=1) or horizon % timedelta(days=1):
            raise ValueError("needs whole days, one at least")
        return horizon


def latest_window(history: History, terms: PurchasePrediction) -> History:
    """What was known before the latest window whose answers are known; NotTrainable, with counts, where that is
    too little to learn from or to judge by."""
    from ml.lifetime.purchases import known_before, outcome_after
    from ml.lifetime.windows import SHORTEST_PAST

    days, bought = terms.horizon.days, history.purchases
    cutoff = history.cutoff - days
    if history.length < days + SHORTEST_PAST:
        raise NotTrainable(
            f"{history.length} days of purchases, at least {days + SHORTEST_PAST} are needed: {SHORTEST_PAST} to "
            f"learn from and {days} to be judged by"
        )
    past = known_before(bought, cutoff)
    returned = int((outcome_after(bought, past, days).purchases > 0).sum())
    if len(past) < terms.minimum_customers or returned < terms.minimum_returned:
        raise NotTrainable(
            f"{len(past):,} customers before the latest {days} days, {returned:,} of whom bought in them; at least "
            f"{terms.minimum_customers:,} and {terms.minimum_returned:,} are needed"
        )
    return past
