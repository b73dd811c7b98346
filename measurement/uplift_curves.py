"""How well an order of people finds those whom a treatment moves: uplift and Qini curves, and their areas.

People are randomised to treatment or control with known propensities. They are put in order by a score, and
for each share of them, first to last, one asks what treating just these would have added. Nobody is seen both
ways, so arms are compared, each person weighted by one over the propensity of the arm they were in: with
weights T, C and weighted outcomes Y among the first k of n,

    uplift curve   (Y_treated / T − Y_control / C) · k / n          its area is the AUUC
    Qini curve     (Y_treated − Y_control · T / C) / n              the area above the straight line is the Qini

P. Gutierrez, J.-Y. Gérardy, "Causal inference and uplift modelling: a review of the literature", PMLR 67
(2017) 1–13; N. Radcliffe, "Using control groups to target on predicted lift", Direct Marketing Analytics
Journal (2007) 14–21; with propensities all equal these are their curves. Both are per person of the whole, so
areas of groups of different size compare. Equal scores are taken together: the curve runs straight through
them, for their order would be chance.

Subtracting from the outcome what was expected of a person whatever the arm (fixed beforehand, on other
people) leaves the curves right and makes them less noisy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Floats = np.ndarray[Any, np.dtype[np.float64]]

#: Resamples of people behind an interval.
RESAMPLES = 300

#: Resamples times rows that are held in memory at once.
_CELLS = 1_000_000


@dataclass(frozen=True)
class Trial:
    """n randomised rows: whether treated, the propensity of treatment (in (0, 1), whatever the arm), and the
    outcome. `persons` are whole numbers from 0; rows of one person are resampled together."""

    is_treated: np.ndarray
    propensity: Floats
    outcome: Floats
    persons: np.ndarray

    def __post_init__(self) -> None:
        sizes = {len(values) for values in vars(self).values()}
        if len(sizes) != 1:
            raise ValueError(f"columns of different lengths: {sorted(sizes)}")
        wrong = int((~((self.propensity > 0) & (self.propensity < 1))).sum())
        if wrong:
            raise ValueError(f"{wrong} of {len(self)} propensities are not between 0 and 1")
        unknown = int((self.outcome != self.outcome).sum())
        if unknown:
            raise ValueError(f"{unknown} of {len(self)} outcomes are unknown")

    def __len__(self) -> int:
        return len(self.outcome)

    def less(self, expected: Floats) -> Trial:
        """The same rows with what was expected of each taken off its outcome."""
        return Trial(self.is_treated, self.propensity, self.outcome - expected, self.persons)


@dataclass(frozen=True)
class Curve:
    """What is gained per person of all (`gains`) if a share of them, the first, is treated (`shares`)."""

    shares: Floats
    gains: Floats

    @property
    def area(self) -> float:
        """Under the curve, by trapezoids."""
        widths = self.shares[1:] - self.shares[:-1]
        return float((widths * (self.gains[1:] + self.gains[:-1]) / 2).sum())

    @property
    def area_above_random(self) -> float:
        """Between the curve and the straight line from 0 to its end, which is a random order."""
        return self.area - float(self.gains[-1]) / 2


def qini_curve(scores: Floats, trial: Trial) -> Curve:
    """Radcliffe's curve, the highest score first."""
    shares, gains, _ = _curves(scores, trial, _ones(trial))
    return Curve(shares[0], gains[0])


def uplift_curve(scores: Floats, trial: Trial) -> Curve:
    """Gutierrez and Gérardy's curve, the highest score first."""
    shares, _, gains = _curves(scores, trial, _ones(trial))
    return Curve(shares[0], gains[0])


@dataclass(frozen=True)
class Estimate:
    """A figure with the bounds of its interval and the values that the resamples gave."""

    value: float
    lower: float
    upper: float
    resampled: Floats

    def less(self, other: Estimate) -> Estimate:
        """The difference, resample by resample: both must come of the same rows and seed."""
        return _estimate(self.value - other.value, self.resampled - other.resampled)


@dataclass(frozen=True)
class Areas:
    """The areas of one ranking, with 95 % intervals over resampled people."""

    qini: Estimate
    auuc: Estimate


def areas(scores: Floats, trial: Trial, seed: int, resamples: int = RESAMPLES) -> Areas:
    """The Qini and the AUUC of a ranking. Equal seeds give equal resamples, so rankings of the same trial can
    be compared resample by resample."""
    found = [qini_curve(scores, trial).area_above_random, uplift_curve(scores, trial).area]
    estimates = [
        _estimate(value, values)
        for value, values in zip(found, _resampled(scores, trial, seed, resamples), strict=True)
    ]
    return Areas(*estimates)


def average_effect(trial: Trial) -> tuple[float, float]:
    """What treatment adds per person, and the standard error of that; rows of one person hang together."""
    import numpy as np

    arms = (trial.is_treated / trial.propensity, ~trial.is_treated / (1 - trial.propensity))
    means = [float((weight * trial.outcome).sum() / weight.sum()) for weight in arms]
    parts = [weight * (trial.outcome - mean) / weight.sum() for weight, mean in zip(arms, means, strict=True)]
    influence = np.bincount(trial.persons, weights=parts[0] - parts[1])
    return means[0] - means[1], float(np.sqrt((influence**2).sum()))


def _resampled(scores: Floats, trial: Trial, seed: int, resamples: int) -> tuple[Floats, Floats]:
    """Qini and AUUC of each resample. Poisson weights per person: the bootstrap of people, for any number."""
    import numpy as np

    chance = np.random.Generator(np.random.PCG64(seed))
    count = int(trial.persons.max()) + 1
    found: list[tuple[Floats, Floats]] = []
    step = max(1, _CELLS // max(len(trial), 1))
    for first in range(0, resamples, step):
        weights = chance.poisson(1.0, (min(step, resamples - first), count)).astype(np.float64)
        shares, qini_gains, uplift_gains = _curves(scores, trial, weights[:, trial.persons])
        widths = np.diff(shares, axis=1)
        qini_areas, uplift_areas = (
            (widths * (gains[:, 1:] + gains[:, :-1]) / 2).sum(axis=1) for gains in (qini_gains, uplift_gains)
        )
        found.append((qini_areas - qini_gains[:, -1] / 2, uplift_areas))
    return np.concatenate([each[0] for each in found]), np.concatenate([each[1] for each in found])


def _curves(scores: Floats, trial: Trial, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Shares, Qini gains and uplift gains for each row of weights (resamples × n), with the 0 in front."""
    import numpy as np

    if np.isnan(scores).any():
        raise ValueError(f"{int(np.isnan(scores).sum())} of {len(scores)} scores are unknown")
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    weighted = weights[:, order]
    taken = np.cumsum(weighted, axis=1)[:, last]
    treated, control, gained, usual = (
        np.cumsum(weighted * part[order], axis=1)[:, last] for part in _parts(trial)
    )
    whole = taken[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        gains = (
            (gained - usual * treated / control) / whole,
            (gained / treated - usual / control) * taken / whole,
        )
    known = (treated > 0) & (control > 0)
    nothing = np.zeros((len(weights), 1))
    qini_gains, uplift_gains = (np.hstack([nothing, np.where(known, each, 0.0)]) for each in gains)
    return np.hstack([nothing, taken / whole]), qini_gains, uplift_gains


def _parts(trial: Trial) -> tuple[Floats, ...]:
    """Per row: its weight in treatment and in control, and its weighted outcome in either."""
    treated = trial.is_treated / trial.propensity
    control = ~trial.is_treated / (1 - trial.propensity)
    return treated, control, treated * trial.outcome, control * trial.outcome


def _ones(trial: Trial) -> Floats:
    import numpy as np

    return np.ones((1, len(trial)))


def _estimate(value: float, resampled: Floats) -> Estimate:
    import numpy as np

    lower, upper = np.quantile(resampled, (0.025, 0.975))
    return Estimate(value, float(lower), float(upper), resampled)
