"""BG/NBD: the chance of any purchase by each day, of customers who may leave after any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.lifetime.contract import Terms
from ml.next_order.contract import FittedNextOrder, NextOrderModel

if TYPE_CHECKING:
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History


def fit(history: History, terms: Terms) -> FittedNextOrder:
    """By maximum likelihood on the summaries of all customers."""
    from ml.lifetime.bgnbd import fit_bgnbd
    from ml.next_order.process import fit_by

    return fit_by(fit_bgnbd, history, terms)


def restore(kept: Kept) -> FittedNextOrder:
    from ml.lifetime.bgnbd import BgNbd
    from ml.next_order.process import restore_by

    return restore_by(BgNbd, kept)


plugin = NextOrderModel("purchases at a rate of one's own until a purchase is the last", fit, restore)
