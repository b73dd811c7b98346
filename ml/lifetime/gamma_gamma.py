"""Gamma-Gamma: amounts of one customer's purchases ~ Gamma(p, ν), ν ~ Gamma(q, γ), independent of how often.

P. S. Fader, B. G. S. Hardie, "The Gamma-Gamma Model of Monetary Value" (note 025, 2013): likelihood (1a),
conditional expectation (5). Fitted without regularisation, for that is how the published figures were made
and a penalty would pull everybody's spend to the mean; where the plain maximum doesn't exist or has q ≤ 1 (no
mean), the fit is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kith.errors import KithError
from ml.lifetime.optimum import Optimum, maximise
from ml.lifetime.parameters import kept_parameters
from ml.lifetime.starts import FEWEST_REPEATERS

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats
    from ml.lifetime.kept import Kept
    from ml.lifetime.optimum import LogLikelihood
    from ml.lifetime.summary import Summary

NAMES = ("p", "q", "gamma")


@dataclass(frozen=True)
class GammaGamma:
    """A fitted Gamma-Gamma; `parameters` are p, q, γ (money). `left_out` repeat customers spent nothing net."""

    parameters: Floats
    optimum: Optimum | None = None
    left_out: int = 0

    def with_parameters(self, parameters: Floats) -> GammaGamma:
        return GammaGamma(parameters)

    def kept(self) -> Kept:
        return kept_parameters(self.parameters, self.optimum, left_out=self.left_out)

    @property
    def mean(self) -> float:
        """The mean amount of a purchase over all customers, pγ/(q−1)."""
        p, q, gamma = self.parameters
        return float(p * gamma / (q - 1))

    def expected_spend(self, customers: Summary) -> Floats:
        """The amount expected of each one's purchases, given x and z̄: (γ + x z̄) p / (p x + q − 1) (n).

        Whoever has no repeat purchase of more than nothing gets the mean of all.
        """
        p, q, gamma = self.parameters
        known = _known(customers)
        return (gamma + known * customers.spend.clip(0)) * p / (p * known + q - 1)

    def draw(self, customers: Summary, purchases: Floats, generator: np.random.Generator) -> Floats:
        """One possible total of each one's given number of purchases (n): ν ~ Gamma(q + p x, γ + x z̄)."""
        import numpy as np

        p, q, gamma = self.parameters
        known = _known(customers)
        inverse_scale = generator.gamma(q + p * known) / (gamma + known * customers.spend.clip(0))
        total = generator.gamma(np.where(purchases > 0, p * purchases, 1.0))
        return np.where(purchases > 0, total / np.maximum(inverse_scale, 1e-300), 0.0)


def fit_gamma_gamma(customers: Summary) -> GammaGamma:
    """The maximum over customers with a repeat purchase of more than nothing.

    Raises KithError, with counts, where they are too few or too alike, or the mean would be infinite.
    """
    chosen = customers.take(_known(customers) > 0)
    repeaters = int((customers.repeats > 0).sum())
    counted = f"{len(chosen):,} of {repeaters:,} repeat customers who spent more than nothing"
    if len(chosen) < FEWEST_REPEATERS:
        raise KithError(
            f"Gamma-Gamma can't be fitted to {counted}",
            where="lifetime value",
            expected=f"{FEWEST_REPEATERS} at least",
        )
    middle = float(chosen.spend.mean())
    starts = [(p, q, middle * (q - 1) / p) for p, q in ((5.0, 3.0), (1.0, 2.0), (20.0, 6.0))]
    likelihood = log_likelihood(chosen.repeats, chosen.spend)
    optimum = maximise("Gamma-Gamma", NAMES, likelihood, starts, len(chosen), counted)
    if optimum.parameters[1] <= 1:
        raise KithError(
            f"Gamma-Gamma fitted to {counted} has q = {optimum.parameters[1]:.3f}, so the mean spend is infinite",
            where="lifetime value",
            way_out="look for amounts that are no purchases, or use another model",
        )
    return GammaGamma(optimum.parameters, optimum, repeaters - len(chosen))


def log_likelihood(x: Floats, spend: Floats) -> LogLikelihood:
    """The log-likelihood of (1a) with its gradient, as a function of (p, q, γ)."""
    import numpy as np

    log_spend, log_x, total = np.log(spend), np.log(x), x * spend

    def of(parameters: Floats) -> tuple[float, Floats]:
        from scipy.special import digamma, gammaln

        p, q, gamma = parameters
        log_sum, known = np.log(gamma + total), p * x + q
        value = gammaln(known) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
        value += (p * x - 1) * log_spend + p * x * log_x - known * log_sum
        by_known = digamma(known)
        gradient = [
            (x * (by_known - digamma(p * x) + log_spend + log_x - log_sum)).sum(),
            (by_known - digamma(q) + np.log(gamma) - log_sum).sum(),
            (q / gamma - known / (gamma + total)).sum(),
        ]
        return float(value.sum()), np.array(gradient)

    return of


def _known(customers: Summary) -> Floats:
    """The repeat purchases that say something of the spend: none where it is nothing or less."""
    import numpy as np

    return np.where(customers.spend > 0, customers.repeats, 0.0)
