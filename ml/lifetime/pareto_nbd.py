"""Pareto/NBD: purchases come at a rate λ ~ Gamma(r, α) until the customer leaves, at a rate μ ~ Gamma(s, β).

D. C. Schmittlein, D. G. Morrison, R. Colombo, Counting Your Customers, Management Science 33 (1987) 1–24; the
expressions follow P. S. Fader, B. G. S. Hardie, "A Note on Deriving the Pareto/NBD Model and Related
Expressions" (note 009, 2005).

Their likelihood has a difference of two ₂F₁, which loses all digits where t_x is near T and overflows for great
counts. Here the integral that it stands for is summed instead, over the time τ of leaving:

    L = Γ(r+x)/Γ(r) α^r β^s { (α+T)^−(r+x) (β+T)^−s + s ∫ₜₓᵀ (α+τ)^−(r+x) (β+τ)^−(s+1) dτ }

by Gauss-Legendre in y = log(min(α, β) + τ), in which both factors are smooth, cut where they have fallen by
e⁻⁴⁰. All terms are positive, and derivatives are means over τ.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ml.lifetime.optimum import Optimum, maximise
from ml.lifetime.parameters import kept_parameters
from ml.lifetime.starts import count_of, prior_around, refuse_too_few, thinning

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats
    from ml.lifetime.kept import Kept
    from ml.lifetime.optimum import LogLikelihood
    from ml.lifetime.summary import Grouped, Summary

NAMES = ("r", "alpha", "s", "beta")
NODES = 40
_FALL = 40.0
_ROWS = 20_000


@dataclass(frozen=True)
class ParetoNbd:
    """A fitted Pareto/NBD; `parameters` are r, α (weeks), s, β (weeks)."""

    parameters: Floats
    optimum: Optimum | None = None

    def with_parameters(self, parameters: Floats) -> ParetoNbd:
        return ParetoNbd(parameters)

    def kept(self) -> Kept:
        return kept_parameters(self.parameters, self.optimum)

    def alive(self, customers: Summary) -> Floats:
        """The probability that each has not left by T (n)."""
        from scipy.special import expit

        there, gone = _log_parts(self.parameters, customers.repeats, customers.last_at, customers.age)
        return expit(there - gone)

    def expected_purchases(self, customers: Summary, weeks: float) -> Floats:
        """Purchases expected of each in the `weeks` after T, given x, t_x and T (n; note 009, (41))."""
        return self.alive(customers) * self._of_the_alive(customers.repeats, customers.age, weeks)

    def any_purchase(self, customers: Summary, weeks: float) -> Floats:
        """The probability that each buys at all in the `weeks` after T (n).

        Of an alive one: (r+x) ∫₀ʸ e^−(r+x)y ((β+T) / (β+T+u))^s dy with u = (α+T)(eʸ − 1) up to `weeks`, the
        time of the next purchase and its coming before the end.
        """
        import numpy as np

        r, alpha, s, beta = self.parameters
        nodes, weights = _nodes()
        pace, known = r + customers.repeats, alpha + customers.age
        length = np.minimum(np.log1p(weeks / known), _FALL / pace)
        y = length[:, None] * nodes
        lasting = np.log1p(known[:, None] * np.expm1(y) / (beta + customers.age)[:, None])
        sooner = np.exp(-pace[:, None] * y - s * lasting) @ weights
        return self.alive(customers) * np.minimum(pace * length * sooner, 1.0)

    def expected_from_start(self, weeks: Floats) -> Floats:
        """Repeat purchases expected of anybody within `weeks` of the first (one for each time given)."""
        import numpy as np

        times = np.asarray(weeks, dtype=float)
        return self._of_the_alive(np.zeros(times.shape), np.zeros(times.shape), times)

    def _of_the_alive(self, x: Floats, age: Floats, weeks: float | Floats) -> Floats:
        import numpy as np

        r, alpha, s, beta = self.parameters
        span = np.log1p(weeks / (beta + age))
        lasting = -np.expm1(-(s - 1) * span) / (s - 1) if abs(s - 1) > 1e-12 else span
        return (r + x) * (beta + age) / (alpha + age) * lasting

    def draw(self, customers: Summary, alive: Floats, weeks: float, generator: np.random.Generator) -> Floats:
        """One possible number of purchases of each in the `weeks` after T (n); `alive` is what that answers.

        Of an alive customer λ ~ Gamma(r+x, α+T) and μ ~ Gamma(s, β+T) independently.
        """
        import numpy as np

        r, alpha, s, beta = self.parameters
        rate = generator.gamma(r + customers.repeats) / (alpha + customers.age)
        leaving = generator.gamma(s, size=len(customers)).clip(1e-300) / (beta + customers.age)
        staying = np.minimum(generator.exponential(size=len(customers)) / leaving, weeks)
        bought = generator.poisson(rate * staying)
        return np.where(generator.random(len(customers)) < alive, bought, 0).astype(float)


def fit_pareto_nbd(
    grouped: Grouped, *, is_regularised: bool = False, near: Floats | None = None
) -> ParetoNbd:
    """The maximum of the likelihood, times a wide prior if `is_regularised`; KithError, with counts, without one."""
    refuse_too_few("Pareto/NBD", grouped)
    between = float((grouped.counts * grouped.age).sum() / grouped.purchases)
    oldest = float(grouped.age.max())
    starts = [(r, r * between, s, f * oldest) for r in (0.4, 1.5) for s, f in ((0.5, 0.25), (1.5, 2.0))]
    optimum = maximise(
        "Pareto/NBD",
        NAMES,
        log_likelihood(grouped),
        starts if near is None else [near],
        grouped.customers,
        count_of(grouped),
        thinning(grouped, log_likelihood),
        prior_around(starts) if is_regularised else None,
    )
    return ParetoNbd(optimum.parameters, optimum)


def log_likelihood(grouped: Grouped) -> LogLikelihood:
    """The log-likelihood with its gradient, as a function of (r, α, s, β)."""
    columns = (grouped.repeats, grouped.last_at, grouped.age, grouped.counts)

    def of(parameters: Floats) -> tuple[float, Floats]:
        import numpy as np

        value, gradient = _counting(grouped, parameters)
        for start in range(0, len(grouped.counts), _ROWS):
            part = slice(start, start + _ROWS)
            more = _leaving(parameters, *(each[part] for each in columns))
            value, gradient = value + more[0], gradient + more[1]
        return float(value), np.asarray(gradient)

    return of


def _counting(grouped: Grouped, parameters: Floats) -> tuple[float, Floats]:
    """log Γ(r+x)/Γ(r) α^r β^s of all, once for each distinct x."""
    import numpy as np
    from scipy.special import digamma, gammaln

    r, alpha, s, beta = parameters
    xs, x_of = np.unique(grouped.repeats, return_inverse=True)
    counts = np.bincount(x_of, grouped.counts)
    total = counts.sum()
    value = counts @ (gammaln(r + xs) - gammaln(r)) + total * (r * np.log(alpha) + s * np.log(beta))
    by_r = counts @ (digamma(r + xs) - digamma(r)) + total * np.log(alpha)
    return float(value), np.array([by_r, total * r / alpha, total * np.log(beta), total * s / beta])


def _leaving(
    parameters: Floats, x: Floats, last_at: Floats, age: Floats, counts: Floats
) -> tuple[float, Floats]:
    """log{…} of the likelihood and its gradient: the terms at T and those over τ, weighted by their share."""
    import numpy as np
    from scipy.special import expit

    r, alpha, s, beta = parameters
    inner = _Leaving(parameters, x, last_at, age)
    there = _log_there(parameters, x, age)
    value = counts @ np.logaddexp(there, inner.log_integral)
    gone = counts * expit(inner.log_integral - there)
    stayed = counts - gone
    log_alpha, log_beta = inner.mean(inner.log_alpha), inner.mean(inner.log_beta)
    by_alpha, by_beta = inner.mean(1 / (alpha + inner.tau)), inner.mean(1 / (beta + inner.tau))
    return float(value), np.array(
        [
            -(stayed @ np.log(alpha + age) + gone @ log_alpha),
            -(stayed @ ((r + x) / (alpha + age)) + gone @ ((r + x) * by_alpha)),
            gone.sum() / s - (stayed @ np.log(beta + age) + gone @ log_beta),
            -(stayed @ (s / (beta + age)) + (s + 1) * (gone @ by_beta)),
        ]
    )


def _log_parts(parameters: Floats, x: Floats, last_at: Floats, age: Floats) -> tuple[Floats, Floats]:
    """log of the likelihood's two parts, still there and gone, without what they share."""
    import numpy as np

    gone = np.empty(len(x))
    for start in range(0, len(x), _ROWS):
        part = slice(start, start + _ROWS)
        gone[part] = _Leaving(parameters, x[part], last_at[part], age[part]).log_integral
    return _log_there(parameters, x, age), gone


def _log_there(parameters: Floats, x: Floats, age: Floats) -> Floats:
    import numpy as np

    r, alpha, s, beta = parameters
    return -(r + x) * np.log(alpha + age) - s * np.log(beta + age)


class _Leaving:
    """The integral over τ for rows of (x, t_x, T): n × nodes of τ with their shares of it."""

    def __init__(self, parameters: Floats, x: Floats, last_at: Floats, age: Floats) -> None:
        import numpy as np

        r, alpha, s, beta = parameters
        nodes, weights = _nodes()
        low = min(alpha, beta)
        until = np.minimum(age, _fallen(alpha + last_at, r + x) - alpha)
        until = np.maximum(np.minimum(until, _fallen(beta + last_at, s + 1) - beta), last_at)
        length = np.log1p((until - last_at) / (low + last_at))
        stretch = np.expm1(length[:, None] * nodes)
        self.tau = last_at[:, None] + (low + last_at)[:, None] * stretch
        self.log_alpha, self.log_beta = np.log(alpha + self.tau), np.log(beta + self.tau)
        height = -(r + x)[:, None] * self.log_alpha - (s + 1) * self.log_beta
        height += self.log_alpha if low == alpha else self.log_beta
        most = height.max(axis=1)
        self.shares = np.exp(height - most[:, None]) * weights
        total = self.shares.sum(axis=1)
        with np.errstate(divide="ignore"):
            self.log_integral = np.log(s) + np.log(length) + most + np.log(total)
        self.shares /= total[:, None]

    def mean(self, values: Floats) -> Floats:
        """The mean of a function of τ (its values, n × nodes) under the integrand (n)."""
        import numpy as np

        return np.einsum("ij,ij->i", self.shares, values)


def _fallen(start: Floats, exponent: Floats | float) -> Floats:
    """Where y^−exponent has fallen by e⁻⁴⁰ from `start` on."""
    import numpy as np

    return start * np.exp(np.minimum(_FALL / exponent, 300.0))


@cache
def _nodes() -> tuple[Floats, Floats]:
    """Gauss-Legendre on (0, 1)."""
    import numpy as np

    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return (nodes + 1) / 2, weights / 2
