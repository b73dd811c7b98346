"""Rhythms of the day: the hours at which people act, learned as a few groups and shrunk person by person.

A person's acts over the day's hours are Dirichlet-multinomial around the curve of a hidden group, and the groups'
shares are Dirichlet within each cohort around those of the population. With no act of one's own the answer is thus
the cohort's, with many it is one's own; how fast it moves (`concentration`, `cohort_strength`) is learned by
maximum marginal likelihood, which is empirical Bayes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

HOURS = 24
#: Candidates of the prior's strength, in acts.
STRENGTHS = (2.0, 5.0, 12.0, 30.0, 80.0, 200.0, 1000.0)
#: The marginal likelihood is looked at for so many people; more would not move its optimum.
SAMPLE = 4_000
#: And groups are learned from so many.
MOST = 50_000
_ROUNDS = 60
_FLOOR = 1e-4
_SETTLED = 1e-5


@dataclass(frozen=True)
class Rhythms:
    """`curves` (groups × 24) sum to one over the hours; `shares` (groups) are the population's.

    `concentration` is the weight of a group's curve in acts, `cohort_strength` that of the population's shares in
    people, `width` the spread in hours of the kernel that one's own acts are smoothed by. `cohort_shares` holds
    the shares within each cohort (cohorts × groups), already shrunk.
    """

    curves: np.ndarray
    shares: np.ndarray
    cohort_shares: np.ndarray
    concentration: float
    cohort_strength: float
    width: float

    def memberships(
        self, acts: np.ndarray, cohorts: np.ndarray, told: np.ndarray | None = None
    ) -> np.ndarray:
        """How likely each person (n) is of each group, n × groups, given acts (n × 24) and cohort (n, -1 unknown).

        `told` (n × groups) are log-likelihoods from other evidence.
        """
        import numpy as np

        log = np.log(self._prior(cohorts)) + group_likelihoods(acts, self.curves, self.concentration)
        return _normalised(log if told is None else log + told)

    def days(self, acts: np.ndarray, memberships: np.ndarray) -> np.ndarray:
        """Each person's curve of the day (n × 24, sums to one): the group's and one's own acts, weighed."""
        own = smoothed(acts, self.width)
        expected = memberships @ self.curves
        return (own + self.concentration * expected) / (own.sum(axis=1, keepdims=True) + self.concentration)

    def readiness(self, acts: np.ndarray, memberships: np.ndarray) -> np.ndarray:
        """How busy each hour is beside the person's busiest (n × 24, 0–1), averaged over the groups that may be."""
        import numpy as np

        own = smoothed(acts, self.width)
        found = np.zeros_like(own)
        for group, curve in enumerate(self.curves):
            day = own + self.concentration * curve
            found += memberships[:, group, None] * day / day.max(axis=1, keepdims=True)
        return found

    def peaks(self) -> np.ndarray:
        """How busy each hour is beside the busiest, by group (groups × 24)."""
        return self.curves / self.curves.max(axis=1, keepdims=True)

    def population(self) -> np.ndarray:
        """The curve of someone of whom nothing is known (24)."""
        return self.shares @ self.curves

    def _prior(self, cohorts: np.ndarray) -> np.ndarray:
        import numpy as np

        rows = np.vstack([self.cohort_shares, self.shares])
        return rows[np.where((cohorts >= 0) & (cohorts < len(self.cohort_shares)), cohorts, -1)]


def learn_rhythms(
    acts: np.ndarray, cohorts: np.ndarray, groups: int, width: float, cohort_count: int | None = None
) -> Rhythms:
    """Groups by expectation and maximisation over people's acts (n × 24, weights allowed), then the strengths.

    Deterministic: the groups start as the population's day leant towards equally spaced hours.
    """
    import numpy as np

    count = int(cohorts.max(initial=-1)) + 1 if cohort_count is None else cohort_count
    seen = acts.sum(axis=1) > 0
    every = max(1, int(seen.sum()) // MOST)
    known, places = acts[seen][::every], cohorts[seen][::every]
    curves, shares = _fit_groups(known, groups, width)
    concentration = _best_concentration(known, curves, shares)
    rhythms = Rhythms(curves, shares, np.tile(shares, (count, 1)), concentration, 0.0, width)
    return (
        _with_cohorts(rhythms, rhythms.memberships(known, places), places, count) if len(known) else rhythms
    )


def smoothed(acts: np.ndarray, width: float) -> np.ndarray:
    """Acts (… × 24) spread over the neighbouring hours by a circular normal kernel; sums stay as they are."""
    import numpy as np

    if width <= 0:
        return acts
    distance = np.minimum(np.arange(HOURS), HOURS - np.arange(HOURS))
    kernel = np.exp(-0.5 * (distance / width) ** 2)
    kernel /= kernel.sum()
    return acts @ kernel[(np.arange(HOURS)[:, None] - np.arange(HOURS)) % HOURS]


def group_likelihoods(acts: np.ndarray, curves: np.ndarray, concentration: float) -> np.ndarray:
    """Log-likelihood (n × groups) of acts (n × 24) under the Dirichlet-multinomial of each group's curve.

    What doesn't depend on the group (the multinomial's coefficient) is left out.
    """
    import numpy as np
    from scipy.special import gammaln

    alphas = concentration * curves
    total = gammaln(concentration) - gammaln(acts.sum(axis=1) + concentration)
    columns = []
    # Only hours with an act add something: most are empty.
    rows, hours = np.nonzero(acts)
    for alpha in alphas:
        terms = gammaln(acts[rows, hours] + alpha[hours]) - gammaln(alpha[hours])
        columns.append(np.bincount(rows, weights=terms, minlength=len(acts)))
    return np.column_stack(columns) + total[:, None]


def _fit_groups(acts: np.ndarray, groups: int, width: float) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    everyone = _curve(acts.sum(axis=0), width)
    peaks = HOURS * (np.arange(groups) + 0.5) / groups
    lean = 1 + 0.8 * np.cos(2 * np.pi * (np.arange(HOURS) - peaks[:, None]) / HOURS)
    curves = everyone * (lean if groups > 1 else np.ones((1, HOURS)))
    curves /= curves.sum(axis=1, keepdims=True)
    shares = np.full(groups, 1 / groups)
    for _ in range(_ROUNDS if groups > 1 else 1):
        before = curves
        inside = _normalised(np.log(shares) + acts @ np.log(curves).T)
        curves = np.array([_curve(total, width, everyone) for total in inside.T @ acts])
        shares = (inside.sum(axis=0) + 1) / (len(acts) + groups)
        if np.abs(curves - before).max() < _SETTLED:
            break
    return curves, shares


def _curve(total: np.ndarray, width: float, everyone: np.ndarray | None = None) -> np.ndarray:
    """A group's curve: its acts smoothed, with a trace of everyone's so that no hour is impossible."""
    import numpy as np

    prior = np.full(HOURS, 1 / HOURS) if everyone is None else everyone
    curve = smoothed(total, width) + HOURS * prior
    curve = curve / curve.sum()
    return (1 - _FLOOR * HOURS) * curve + _FLOOR


def _best_concentration(acts: np.ndarray, curves: np.ndarray, shares: np.ndarray) -> float:
    import numpy as np

    some = acts[:: max(1, len(acts) // SAMPLE)]
    found = [_marginal(group_likelihoods(some, curves, each), shares) for each in STRENGTHS]
    return STRENGTHS[int(np.argmax(found))]


def _marginal(likelihoods: np.ndarray, shares: np.ndarray) -> float:
    import numpy as np
    from scipy.special import logsumexp

    return float(np.asarray(logsumexp(likelihoods, axis=1, b=shares[None, :])).sum())


def _with_cohorts(rhythms: Rhythms, inside: np.ndarray, cohorts: np.ndarray, count: int) -> Rhythms:
    """Each cohort's shares of the groups, shrunk to the population's by a strength of maximum likelihood."""
    import numpy as np

    sums = np.zeros((count, len(rhythms.shares)))
    known = cohorts >= 0
    np.add.at(sums, cohorts[known], inside[known])
    best = STRENGTHS[-1] * HOURS
    if count:
        grid = (*STRENGTHS, best)
        best = grid[int(np.argmax([_cohort_marginal(sums, rhythms.shares, each) for each in grid]))]
    shrunk = (sums + best * rhythms.shares) / (sums.sum(axis=1, keepdims=True) + best)
    return replace(rhythms, cohort_shares=shrunk, cohort_strength=best)


def _cohort_marginal(sums: np.ndarray, shares: np.ndarray, strength: float) -> float:
    import numpy as np
    from scipy.special import gammaln

    alpha = strength * shares
    within = np.asarray(gammaln(sums + alpha) - gammaln(alpha)).sum()
    return float(within + np.asarray(gammaln(strength) - gammaln(sums.sum(axis=1) + strength)).sum())


def _normalised(log: np.ndarray) -> np.ndarray:
    import numpy as np

    likely = np.exp(log - log.max(axis=1, keepdims=True))
    return likely / likely.sum(axis=1, keepdims=True)
