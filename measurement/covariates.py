"""Variance reduction by what people did before: the part of an outcome that their past explains is no noise.

A. Deng, Y. Xu, R. Kohavi, T. Walker, "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data" (WSDM 2013): with x known before anybody was assigned, y - θ(x - x̄) has the same
difference of means between arms in expectation, and 1 - ρ² of the variance where θ = cov(x, y) / var(x).
Here θ and ρ come from within the arms, so that the effect itself doesn't enter them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

from measurement.intervals import ALPHA, TUNED_FOR, Interval, confidence_sequence
from measurement.sums import Sums


@dataclass(frozen=True)
class PairedSums:
    """Sums over people of an outcome y and of a covariate x of the time before, and of their product."""

    outcome: Sums = field(default_factory=Sums)
    covariate: Sums = field(default_factory=Sums)
    products: float = 0.0

    def __post_init__(self) -> None:
        if self.outcome.count != self.covariate.count:
            raise ValueError(f"{self.outcome.count} outcomes and {self.covariate.count} covariates")

    @property
    def spread(self) -> tuple[float, float, float]:
        """Σ(x - x̄)², Σ(y - ȳ)², Σ(x - x̄)(y - ȳ) within this arm."""
        x, y, n = self.covariate, self.outcome, self.outcome.count
        if not n:
            return 0.0, 0.0, 0.0
        return (
            max(x.squares - x.total**2 / n, 0.0),
            max(y.squares - y.total**2 / n, 0.0),
            self.products - x.total * y.total / n,
        )


@dataclass(frozen=True)
class Adjusted:
    """The difference of means after the adjustment. `reduction` (0–1) is the share of the variance it took away."""

    interval: Interval
    reduction: float


def adjusted_sequence(
    treated: PairedSums,
    holdout: PairedSums,
    alpha: float = ALPHA,
    tuned_for: int = TUNED_FOR,
    *,
    is_rate: bool,
) -> Adjusted | None:
    """The confidence sequence of intervals.confidence_sequence, moved by -θ(x̄ treated - x̄ holdout) and narrowed to
    sqrt(1 - ρ²) of its width; None where there is none.

    ρ² is counted down to what it is beyond chance, 1 - (1 - ρ²)(n - 2)/(n - 3), so that a covariate that explains
    nothing narrows nothing.
    """
    plain = confidence_sequence(treated.outcome, holdout.outcome, alpha, tuned_for, is_rate=is_rate)
    if plain is None:
        return None
    slope, reduction = _fit(treated, holdout)
    shift = -slope * (treated.covariate.mean - holdout.covariate.mean)
    middle = (plain.lower + plain.upper) / 2 + shift
    half = (plain.upper - plain.lower) / 2 * sqrt(1 - reduction)
    return Adjusted(Interval(plain.estimate + shift, middle - half, middle + half), reduction)


def _fit(*arms: PairedSums) -> tuple[float, float]:
    """θ and the share of the variance that it takes away; zeros where the covariate says nothing."""
    xx, yy, xy = (sum(parts) for parts in zip(*(arm.spread for arm in arms), strict=True))
    count = sum(arm.outcome.count for arm in arms)
    if xx <= 0 or yy <= 0 or count <= 3:
        return 0.0, 0.0
    unexplained = max(1 - xy * xy / (xx * yy), 0.0) * (count - 2) / (count - 3)
    if unexplained >= 1:
        return 0.0, 0.0
    return xy / xx, 1 - unexplained
