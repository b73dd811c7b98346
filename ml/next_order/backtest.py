"""Judging outlooks by when orders came, and choosing a champion from the past alone.

Windows are over for everybody at the same time, so who didn't come is known to have waited the whole outlook:
scores of min(days, outlook) are proper, with no weights for those lost from sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kith.registry import plugins
from ml.lifetime.choice import Choice, choose, fit_each
from ml.lifetime.contract import COVERAGE, Terms
from ml.lifetime.purchases import History, Purchases, known_before
from ml.next_order.contract import FittedNextOrder, NextOrderModel
from ml.next_order.waiting import days_until_next

if TYPE_CHECKING:
    from ml.contract import Floats
    from ml.next_order.outlook import Outlook

MODELS = "ml.next_order.models"

#: The days of the chance that is published and judged.
SOON = 30
PINBALL = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Judgement:
    """One model over one window; the days of an order that didn't come within it count as the whole window.

    `crps` (continuous ranked probability score, T. Gneiting, A. E. Raftery, JASA 102 (2007) 359–378) is in days,
    and of a forecast of one day its absolute error; `median_error` and `pinball` (mean of PINBALL) are in days
    too. `coverage` is the share of orders that came in their interval, of those that came. The calibration
    errors are of the chance of an order within SOON days (`soon`) and within the window (`any`), the noise is
    what chances exactly right would show of so few people.
    """

    customers: int
    returned: float
    crps: float
    median_error: float
    pinball: float
    coverage: float
    soon_calibration_error: float
    any_calibration_error: float
    any_calibration_noise: float


def next_order_models() -> dict[str, NextOrderModel]:
    """All models by name."""
    return plugins(MODELS, NextOrderModel)


def interval_of(outlook: Outlook) -> tuple[Floats, Floats]:
    """Days between which COVERAGE of the orders come that come within the outlook (n each)."""
    low, high = (1 - COVERAGE) / 2, (1 + COVERAGE) / 2
    return outlook.quantile_of_orders(low), outlook.quantile_of_orders(high)


def judge(outlook: Outlook, waited: Floats) -> Judgement:
    """The figures of one outlook (n people) against the days they waited (n, infinite for who didn't come)."""
    import numpy as np

    from ml.metrics import calibration_error, calibration_noise, reliability

    capped, came = np.minimum(waited, outlook.length), np.isfinite(waited)
    soon = min(SOON, int(outlook.length))
    low, high = interval_of(outlook)
    # Days are whole: an order of the third day came between 2 and 3 days from the cut-off.
    inside = (waited[came] > low[came]) & (waited[came] - 1 < high[came])
    return Judgement(
        customers=len(outlook),
        returned=float(came.mean()),
        crps=float(crps(outlook, waited).mean()),
        median_error=float(np.abs(np.ceil(outlook.quantile(0.5)) - capped).mean()),
        pinball=float(np.mean([_pinball(outlook.quantile(at), capped, at) for at in PINBALL])),
        coverage=float(inside.mean()) if came.any() else float("nan"),
        soon_calibration_error=calibration_error(
            reliability((waited <= soon).astype(float), outlook.within(soon))
        ),
        any_calibration_error=calibration_error(reliability(came.astype(float), outlook.chance[:, -1])),
        any_calibration_noise=calibration_noise(outlook.chance[:, -1]),
    )


def crps(outlook: Outlook, waited: Floats) -> Floats:
    """Σ over the days k of the outlook of (chance within k − whether it came within k)², in days (n)."""
    import numpy as np

    days = np.arange(1, int(outlook.length) + 1)
    return ((outlook.daily() - (waited[:, None] <= days)) ** 2).sum(axis=1)


def _pinball(told: Floats, came: Floats, share: float) -> float:
    import numpy as np

    off = came - told
    return float(np.maximum(share * off, (share - 1) * off).mean())


def judge_all(
    purchases: Purchases, cutoff: int, terms: Terms
) -> tuple[dict[str, Judgement], dict[str, FittedNextOrder], dict[str, str]]:
    """Every model, fitted on what was known before `cutoff`, on the days after it."""
    history = known_before(purchases, cutoff)
    waited = days_until_next(purchases, history, terms.days)
    fitted, refused = fit_each(next_order_models(), history, terms)
    return {name: judge(each.outlook(history), waited) for name, each in fitted.items()}, fitted, refused


def choose_champion(history: History, terms: Terms, cutoffs: Sequence[int] | None = None) -> Choice:
    """The model with the smallest CRPS; see `ml.lifetime.choice.choose`."""

    def errors_at(cutoff: int, asked: Terms) -> tuple[dict[str, float], dict[str, str]]:
        judged, _, refused = judge_all(history.purchases, cutoff, asked)
        return {name: each.crps for name, each in judged.items()}, refused

    return choose(history, terms, errors_at, cutoffs)
