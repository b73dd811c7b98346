"""Pareto/NBD with Gamma-Gamma amounts: customers may leave at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.lifetime.contract import FittedLifetime, LifetimeModel, Terms

if TYPE_CHECKING:
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History


def fit(history: History, terms: Terms) -> FittedLifetime:
    """Both by maximum likelihood on the summaries of all customers."""
    from ml.lifetime.pareto_nbd import fit_pareto_nbd
    from ml.lifetime.probabilistic import fit_with

    return fit_with(fit_pareto_nbd, history, terms)


def restore(kept: Kept) -> FittedLifetime:
    from ml.lifetime.pareto_nbd import ParetoNbd
    from ml.lifetime.probabilistic import restore_with

    return restore_with(ParetoNbd, kept)


plugin = LifetimeModel(
    "purchases at a rate of one's own until some day the customer leaves; amounts apart", fit, restore
)
