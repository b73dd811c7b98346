"""Bending a process's chances to what came of them in earlier windows.

The processes take purchases for a matter of pure chance, all weeks for alike and their parameters' shape for that
of the people. Where the same process, fitted to what was known before each of some windows, was too sure or too
shy in them, the chance of any purchase is bent by what they have in common: a shift and a slope of its log-odds
(J. Platt, Probabilistic Outputs for Support Vector Machines, 1999), pulled to no bend at all by a prior.

A season that nobody has seen can't be learned this way, nor should it be: errors of total value don't persist from
window to window (CDNOW's change their sign each time), so means are left as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kith.errors import KithError
from ml.lifetime.summary import DAYS_IN_WEEK, group
from ml.lifetime.windows import SHORTEST_PAST

if TYPE_CHECKING:
    from ml.contract import Floats
    from ml.lifetime.process import FitProcess
    from ml.lifetime.purchases import History

#: Windows to learn from, none of which overlaps another, and the longest they are.
MOST_WINDOWS, LONGEST = 4, 30

#: Windows differ by more than the chance of their people: each weighs as much as so many.
PEOPLE_OF_A_WINDOW = 200

#: What shift and slope are expected to be within, two times of three.
_SHIFT, _SLOPE = 0.3, 0.3
_TINY = 1e-9


@dataclass(frozen=True)
class Recalibration:
    """log-odds ↦ shift + slope · log-odds; `windows` is how many it was learned from."""

    shift: float = 0.0
    slope: float = 1.0
    windows: int = 0

    def of(self, chance: Floats) -> Floats:
        """Chances (any shape) as they are to be believed; 0 and 1 stay what they are."""
        import numpy as np
        from scipy.special import expit, logit

        if not self.windows:
            return chance
        bent = expit(self.shift + self.slope * logit(chance.clip(_TINY, 1 - _TINY)))
        return np.where((chance <= 0) | (chance >= 1), chance, bent)

    def told(self) -> dict[str, float]:
        """By name, for people and JSON."""
        return {f"any_purchase_{name}": float(value) for name, value in vars(self).items()}


def learn_recalibration(fit: FitProcess, history: History, days: int, near: Floats) -> Recalibration:
    """From windows of up to LONGEST days that end with the history; none where it is too short for one. `near` are
    the parameters of the whole history: the search of each window starts there, and ends where its own data lead."""
    windows = []
    for cutoff in _cutoffs(history, min(days, LONGEST)):
        try:
            windows.append(_window(fit, history, cutoff, min(days, LONGEST), near))
        except KithError:
            break  # too little was known that early; it was less still before
    return _most_likely(windows) if windows else Recalibration()


def _cutoffs(history: History, days: int) -> list[int]:
    earliest = history.cutoff - history.length + SHORTEST_PAST
    return list(range(history.cutoff - days, earliest - 1, -days))[:MOST_WINDOWS]


def _window(fit: FitProcess, history: History, cutoff: int, days: int, near: Floats) -> tuple[Floats, Floats]:
    """Log-odds of any purchase, as foreseen at the cut-off, and whether it came (n each)."""
    from scipy.special import logit

    from ml.lifetime.process import fit_process
    from ml.lifetime.purchases import outcome_after

    past = history.at(cutoff)
    grouped = group(past.summary)
    chance = fit_process(fit, grouped, near).any_purchase(grouped.distinct(), days / DAYS_IN_WEEK)
    came = outcome_after(history.purchases, past, days).purchases > 0
    return logit(chance.clip(_TINY, 1 - _TINY))[grouped.group_of], came.astype(float)


def _most_likely(windows: Sequence[tuple[Floats, Floats]]) -> Recalibration:
    import numpy as np
    from scipy.optimize import minimize

    from ml.threads import one_thread

    def cost(at: Floats) -> tuple[float, Floats]:
        shift, slope = at
        value = (shift / _SHIFT) ** 2 / 2 + ((slope - 1) / _SLOPE) ** 2 / 2
        gradient = np.array([shift / _SHIFT**2, (slope - 1) / _SLOPE**2])
        for odds, came in windows:
            bent, weight = shift + slope * odds, PEOPLE_OF_A_WINDOW / len(odds)
            value += weight * float((np.logaddexp(0, bent) - came * bent).sum())
            off = 1 / (1 + np.exp(-bent)) - came
            gradient += weight * np.array([off.sum(), off @ odds])
        return value, gradient

    with one_thread():
        found = minimize(cost, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(-3, 3), (0.1, 3)])
    return Recalibration(float(found.x[0]), float(found.x[1]), len(windows))
