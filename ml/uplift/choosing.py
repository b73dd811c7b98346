"""Choosing among the candidates, within the earlier campaigns.

Each candidate's effects are foretold for people it hasn't seen and held against their doubly robust scores: the
mean squared distance of an effect from such a noisy, unbiased score is least, on average, for the true effects
(the DR loss; A. Schuler, M. Baiocchi, R. Tibshirani, N. Shah, "A comparison of methods for model selection when
estimating individual treatment effects", arXiv 1804.05146). It uses every row, and on some ten thousand of them
tells candidates apart whose Qini differ by less than their noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ml.uplift.effects import Effects
from ml.uplift.learners import (
    CANDIDATES,
    FOLDS,
    Candidate,
    Outcomes,
    doubly_robust,
    fit_effects,
    fit_outcomes,
    folds,
)
from ml.uplift.regressors import BASES

if TYPE_CHECKING:
    from ml.uplift.pairs import Floats, Pairs


@dataclass(frozen=True)
class Chosen:
    """The effects of the best candidate, learned from all rows. `losses` are less the loss of one effect for
    all: negative is better than that. `usual` are the outcomes by boosted trees, whichever was chosen."""

    candidate: str
    effects: Effects
    losses: Mapping[str, float]
    usual: Outcomes


def choose_effects(pairs: Pairs, seed: int, advance: Callable[[float], None]) -> Chosen:
    """Fit every candidate in folds of people, choose, and fit the chosen one on all. `advance` gets shares that
    add up to 1."""
    bases = sorted({each.outcome for each in CANDIDATES.values()} | {"boosted"})
    outcomes: dict[str, Outcomes] = {}
    for name in bases:
        outcomes[name] = fit_outcomes(pairs, BASES[name](seed))
        advance(0.6 / len(bases))
    target = doubly_robust(pairs, outcomes["boosted"].crossed)
    least = float(((target - target.mean()) ** 2).mean())
    losses = {
        name: float(((target - _crossed(each, pairs, outcomes[each.outcome], seed)) ** 2).mean()) - least
        for name, each in CANDIDATES.items()
    }
    best = min(losses, key=lambda name: (losses[name], name))
    effects = fit_effects(CANDIDATES[best], pairs, outcomes[CANDIDATES[best].outcome], seed)
    advance(0.4)
    return Chosen(best, effects, losses, outcomes["boosted"])


def _crossed(candidate: Candidate, pairs: Pairs, outcomes: Outcomes, seed: int) -> Floats:
    """The candidate's effects on each person by regressors that haven't seen them (n)."""
    import numpy as np

    fold, found = folds(pairs.profiles), np.empty(len(pairs))
    for number in range(FOLDS):
        away = fold == number
        seen = Outcomes(outcomes.control, outcomes.treated, outcomes.crossed[:, ~away])
        effects = fit_effects(candidate, pairs.take(~away), seen, seed)
        found[away] = effects.given(pairs.values[away], outcomes.crossed[:, away])
    return found
