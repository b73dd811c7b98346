"""BG/NBD: purchases come at a rate λ ~ Gamma(r, α); after each the customer leaves with p ~ Beta(a, b).

P. S. Fader, B. G. S. Hardie, K. L. Lee, "Counting Your Customers" the Easy Way, Marketing Science 24 (2005)
275–284: likelihood (6), expected purchases (9), conditional expectation (10). P(alive): the authors' note 021,
"Computing P(alive) Using the BG/NBD Model" (2008). Written here so that counts of any size stay finite, as in
their note 027, "Overcoming the BG/NBD Model's #NUM! Error Problem" (2013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.lifetime.optimum import Optimum, maximise
from ml.lifetime.parameters import kept_parameters
from ml.lifetime.series import hypergeometric_rest
from ml.lifetime.starts import count_of, prior_around, refuse_too_few, thinning

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats
    from ml.lifetime.kept import Kept
    from ml.lifetime.optimum import LogLikelihood
    from ml.lifetime.summary import Grouped, Summary

NAMES = ("r", "alpha", "a", "b")

#: Above this exponent the series' terms outgrow what a float holds well.
_STEEPEST = 60.0
_QUANTILES = 32


@dataclass(frozen=True)
class BgNbd:
    """A fitted BG/NBD; `parameters` are r, α (weeks), a, b."""

    parameters: Floats
    optimum: Optimum | None = None

    def with_parameters(self, parameters: Floats) -> BgNbd:
        return BgNbd(parameters)

    def kept(self) -> Kept:
        return kept_parameters(self.parameters, self.optimum)

    def alive(self, customers: Summary) -> Floats:
        """The probability that each has not left by T (n); 1 for those without a repeat purchase."""
        import numpy as np
        from scipy.special import expit

        return np.where(customers.repeats > 0, expit(-_log_odds_gone(self.parameters, customers)), 1.0)

    def expected_purchases(self, customers: Summary, weeks: float) -> Floats:
        """Purchases expected of each in the `weeks` after T, given x, t_x and T (n)."""
        return self.alive(customers) * self._of_the_alive(customers.repeats, customers.age, weeks)

    def any_purchase(self, customers: Summary, weeks: float) -> Floats:
        """The probability that each buys at all in the `weeks` after T (n): whoever is alive can't leave before
        the next purchase, so it is that of a Gamma mixture of Poisson counts being above 0."""
        import numpy as np

        r, alpha, _, _ = self.parameters
        none = -(r + customers.repeats) * np.log1p(weeks / (alpha + customers.age))
        return self.alive(customers) * -np.expm1(none)

    def expected_from_start(self, weeks: Floats) -> Floats:
        """Repeat purchases expected of anybody within `weeks` of the first (one for each time given)."""
        import numpy as np

        times = np.asarray(weeks, dtype=float)
        return self._of_the_alive(np.zeros(times.shape), np.zeros(times.shape), times)

    def _of_the_alive(self, x: Floats, age: Floats, weeks: float | Floats) -> Floats:
        """(a+b+x−1)/(a−1) · [1 − (1−z)^(a−1) ₂F₁(a−1, a+b−r−1; a+b+x−1; z)], z = t/(α+T+t).

        Euler's transformation of the paper's ₂F₁(r+x, b+x; a+b+x−1; z): x is left in the denominator alone, so
        that great counts make the series shorter; and with h = a − 1 taken apart, a = 1 is no hole.
        """
        import numpy as np

        r, alpha, a, b = self.parameters
        h, z = a - 1, weeks / (alpha + age + weeks)
        log_rest = np.log1p(-z)
        if h * -np.min(log_rest) > _STEEPEST:
            return self._by_quantiles(x, weeks / (alpha + age))
        rest = hypergeometric_rest(h, a + b - r - 1, a + b + x - 1, z)
        first = -np.expm1(h * log_rest) / h if abs(h) > 1e-12 else -log_rest
        found = (a + b + x - 1) * (first - np.exp(h * log_rest) * rest)
        return found if np.isfinite(found).all() else self._by_quantiles(x, weeks / (alpha + age))

    def _by_quantiles(self, x: Floats, ahead: Floats) -> Floats:
        """The same as a mean over p ~ Beta(a, b+x) of (1 − (1 + p t/(α+T))^−(r+x)) / p: for an a so great that the
        series would run over, and p so much the same for all that a few quantiles tell everything. They are taken
        at u = v³(10 − 15v + 6v²), which is flat at both ends, where the quantiles run away."""
        import numpy as np
        from scipy.special import betaincinv

        r, _, a, b = self.parameters
        nodes, weights = np.polynomial.legendre.leggauss(_QUANTILES)
        total = np.zeros(np.shape(x))
        for v, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            leaving = betaincinv(a, b + x, v**3 * (10 - 15 * v + 6 * v**2))
            total += (
                weight * 30 * (v * (1 - v)) ** 2 * -np.expm1(-(r + x) * np.log1p(leaving * ahead)) / leaving
            )
        return total

    def draw(self, customers: Summary, alive: Floats, weeks: float, generator: np.random.Generator) -> Floats:
        """One possible number of purchases of each in the `weeks` after T (n); `alive` is what that answers.

        Of an alive customer λ ~ Gamma(r+x, α+T) and p ~ Beta(a, b+x) independently; the purchase after which
        they leave is geometric, so the number is the lesser of that and of a Poisson count.
        """
        import numpy as np

        r, alpha, a, b = self.parameters
        rate = generator.gamma(r + customers.repeats) / (alpha + customers.age)
        leaving = generator.beta(a, b + customers.repeats).clip(1e-12, 1)
        bought = np.minimum(generator.poisson(rate * weeks), generator.geometric(leaving))
        return np.where(generator.random(len(customers)) < alive, bought, 0).astype(float)


def fit_bgnbd(grouped: Grouped, *, is_regularised: bool = False, near: Floats | None = None) -> BgNbd:
    """The maximum of the likelihood; raises KithError with counts where there is none.

    `is_regularised`: of likelihood times a wide prior, for customers who leave a parameter open.
    """
    refuse_too_few("BG/NBD", grouped)
    weeks_between = float((grouped.counts * grouped.age).sum() / grouped.purchases)
    starts = [(r, r * weeks_between, a, b) for r in (0.3, 1.5) for a, b in ((0.5, 2.0), (1.0, 8.0))]
    optimum = maximise(
        "BG/NBD",
        NAMES,
        log_likelihood(grouped),
        starts if near is None else [near],
        grouped.customers,
        count_of(grouped),
        thinning(grouped, log_likelihood),
        prior_around(starts) if is_regularised else None,
    )
    return BgNbd(optimum.parameters, optimum)


def log_likelihood(grouped: Grouped) -> LogLikelihood:
    """The log-likelihood of (6), with its gradient, as a function of (r, α, a, b).

    Special functions are taken once for each distinct count and logarithms once for each distinct time; only
    customers with a repeat purchase cost anything per row.
    """
    terms = _Terms(grouped)
    return lambda parameters: terms.likelihood(*parameters)


class _Terms:
    """What doesn't depend on the parameters."""

    def __init__(self, grouped: Grouped) -> None:
        import numpy as np
        import pandas as pd

        x, counts = grouped.repeats, grouped.counts
        self.customers = counts.sum()
        self.x_of, self.xs = pd.factorize(x)
        self.x_counts = np.bincount(self.x_of, counts)
        age_of, self.ages = pd.factorize(grouped.age)
        self.age_counts, self.age_purchases = np.bincount(age_of, counts), np.bincount(age_of, counts * x)
        again = x > 0
        self.x, self.counts, self.x_of, self.age_of = x[again], counts[again], self.x_of[again], age_of[again]
        self.last_of, self.lasts = pd.factorize(grouped.last_at[again])

    def likelihood(self, r: float, alpha: float, a: float, b: float) -> tuple[float, Floats]:
        import numpy as np
        from scipy.special import digamma, gammaln

        xs, xc = self.xs, self.x_counts
        log_age, log_last = np.log(alpha + self.ages), np.log(alpha + self.lasts)
        gap = log_age[self.age_of] - log_last[self.last_of]
        odds = (np.log(a) - np.log(np.abs(b + xs - 1) + (xs == 0)))[self.x_of] + (r + self.x) * gap
        small = np.exp(-np.abs(odds))
        gone = self.counts * np.where(odds >= 0, 1.0, small) / (1 + small)
        exponents = r * self.age_counts + self.age_purchases
        counting = gammaln(r + xs) - gammaln(r) + gammaln(b + xs) - gammaln(b)
        counting += gammaln(a + b) - gammaln(a + b + xs)
        value = xc @ counting + self.customers * r * np.log(alpha) - exponents @ log_age
        value += self.counts @ (np.maximum(odds, 0) + np.log1p(small))
        slope = xc @ (digamma(a + b) - digamma(a + b + xs))
        shorter = (1 / (alpha + self.ages))[self.age_of] - (1 / (alpha + self.lasts))[self.last_of]
        gradient = [
            xc @ (digamma(r + xs) - digamma(r)) + self._log(alpha) - self.age_counts @ log_age + gone @ gap,
            self.customers * r / alpha
            - exponents @ (1 / (alpha + self.ages))
            + gone @ ((r + self.x) * shorter),
            slope + gone.sum() / a,
            slope + xc @ (digamma(b + xs) - digamma(b)) - gone @ (1 / (b + self.x - 1)),
        ]
        return float(value), np.array(gradient)

    def _log(self, alpha: float) -> float:
        import numpy as np

        return self.customers * np.log(alpha)


def _log_odds_gone(parameters: Floats, customers: Summary) -> Floats:
    """log of P(gone) ÷ P(alive) for those who bought again (the others get a number without meaning)."""
    import numpy as np

    r, alpha, a, b = parameters
    x = np.maximum(customers.repeats, 1)
    gap = np.log1p((customers.age - customers.last_at) / (alpha + customers.last_at))
    return np.log(a) - np.log(b + x - 1) + (r + x) * gap
