"""Pareto/NBD: the chance of any purchase by each day, of customers who may leave at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.lifetime.contract import Terms
from ml.next_order.contract import FittedNextOrder, NextOrderModel

if TYPE_CHECKING:
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History


def fit(history: History, terms: Terms) -> FittedNextOrder:
    """By maximum likelihood on the summaries of all customers."""
    from ml.lifetime.pareto_nbd import fit_pareto_nbd
    from ml.next_order.process import fit_by

    return fit_by(fit_pareto_nbd, history, terms)


def restore(kept: Kept) -> FittedNextOrder:
    from ml.lifetime.pareto_nbd import ParetoNbd
    from ml.next_order.process import restore_by

    return restore_by(ParetoNbd, kept)


plugin = NextOrderModel("purchases at a rate of one's own until some day the customer leaves", fit, restore)
