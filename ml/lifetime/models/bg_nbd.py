"""BG/NBD with Gamma-Gamma amounts: customers may leave after any purchase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.lifetime.contract import FittedLifetime, LifetimeModel, Terms

if TYPE_CHECKING:
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History


def fit(history: History, terms: Terms) -> FittedLifetime:
    """Both by maximum likelihood on the summaries of all customers."""
    from ml.lifetime.bgnbd import fit_bgnbd
    from ml.lifetime.probabilistic import fit_with

    return fit_with(fit_bgnbd, history, terms)


def restore(kept: Kept) -> FittedLifetime:
    from ml.lifetime.bgnbd import BgNbd
    from ml.lifetime.probabilistic import restore_with

    return restore_with(BgNbd, kept)


plugin = LifetimeModel(
    "purchases at a rate of one's own until a purchase is the last; amounts apart", fit, restore
)
