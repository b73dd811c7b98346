"""Learners of effects on top of scikit-learn's regressors: T, X and DR.

S. Künzel, J. Sekhon, P. Bickel, B. Yu, "Metalearners for estimating heterogeneous treatment effects using
machine learning", PNAS 116 (2019) 4156–4165 (T and X); E. Kennedy, "Towards optimal doubly robust estimation
of heterogeneous causal effects", Electronic Journal of Statistics 17 (2023) 3008–3049 (DR).

All know the propensities, for they were logged: nothing is confounded, and what the learners differ in is how
much noise they let in. What X and DR take of the outcomes' models is always said by one that hasn't seen the
person (`FOLDS` folds of people).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kith.ids import bucket
from ml.uplift.effects import Effects
from ml.uplift.regressors import BASES, Base
from ml.uplift.views import VIEWS

if TYPE_CHECKING:
    import numpy as np

    from ml.uplift.pairs import Floats, Pairs

FOLDS = 3


@dataclass(frozen=True)
class Outcomes:
    """Models of the outcome in control and in treatment, and what they expect of the rows learned from (2 × n),
    each row by models that haven't seen its person."""

    control: Any
    treated: Any
    crossed: Floats

    def expected(self, values: Floats) -> Floats:
        """What they expect of other rows (2 × n)."""
        import numpy as np

        return np.stack([self.control.predict(values), self.treated.predict(values)])


@dataclass(frozen=True)
class Candidate:
    """A learner, the base of its outcomes, and the base and view of its effects."""

    learner: str
    outcome: str
    effect: str
    view: str


CANDIDATES: Mapping[str, Candidate] = {
    "t boosted": Candidate("t", "boosted", "boosted", "features"),
    "x boosted": Candidate("x", "boosted", "boosted", "features"),
    "dr boosted": Candidate("dr", "boosted", "boosted", "features"),
    "x proportional": Candidate("x", "boosted", "ridge", "proportions"),
    "dr proportional": Candidate("dr", "boosted", "ridge", "proportions"),
}


def fit_outcomes(pairs: Pairs, base: Base) -> Outcomes:
    """The models of either arm, and what such models expect of people they haven't seen."""
    import numpy as np

    fold = folds(pairs.profiles)
    crossed = np.empty((2, len(pairs)))
    for number in range(FOLDS):
        away = fold == number
        for arm in (0, 1):
            seen = ~away & (pairs.is_treated == bool(arm))
            fitted = base.outcome().fit(pairs.values[seen], pairs.outcome[seen])
            crossed[arm, away] = fitted.predict(pairs.values[away])
    control, treated = (
        base.outcome().fit(pairs.values[chosen], pairs.outcome[chosen])
        for chosen in (~pairs.is_treated, pairs.is_treated)
    )
    return Outcomes(control, treated, crossed)


def fit_effects(candidate: Candidate, pairs: Pairs, outcomes: Outcomes, seed: int) -> Effects:
    """The candidate's effects, given the outcomes of its base on the same rows."""
    fitted = LEARNERS[candidate.learner](candidate, pairs, outcomes, seed)
    weights = {"treated": 1 - float(pairs.propensity.mean()), "control": float(pairs.propensity.mean())}
    counts = {name: weights.get(name, 1.0) for name in fitted}
    return Effects(pairs.columns, outcomes.control, outcomes.treated, candidate.view, fitted, counts)


def _t_learner(candidate: Candidate, pairs: Pairs, outcomes: Outcomes, seed: int) -> dict[str, Any]:
    """The outcomes' models say all there is."""
    return {}


def _x_learner(candidate: Candidate, pairs: Pairs, outcomes: Outcomes, seed: int) -> dict[str, Any]:
    """Each arm's outcome less what the other arm's model expects, weighted by the propensity."""
    import numpy as np

    control, treated = outcomes.crossed
    gained = np.where(pairs.is_treated, pairs.outcome - control, treated - pairs.outcome)
    seen = VIEWS[candidate.view](pairs.values, pairs.columns, outcomes.crossed)
    effect = BASES[candidate.effect](seed).effect
    return {
        name: effect().fit(seen[chosen], gained[chosen])
        for name, chosen in (("treated", pairs.is_treated), ("control", ~pairs.is_treated))
    }


def _dr_learner(candidate: Candidate, pairs: Pairs, outcomes: Outcomes, seed: int) -> dict[str, Any]:
    """Doubly robust scores, regressed on what the effects may see."""
    seen = VIEWS[candidate.view](pairs.values, pairs.columns, outcomes.crossed)
    gained = doubly_robust(pairs, outcomes.crossed)
    return {"effect": BASES[candidate.effect](seed).effect().fit(seen, gained)}


LEARNERS: Mapping[str, Callable[[Candidate, Any, Outcomes, int], dict[str, Any]]] = {
    "t": _t_learner,
    "x": _x_learner,
    "dr": _dr_learner,
}


def doubly_robust(pairs: Pairs, expected: Floats) -> Floats:
    """A noisy, unbiased effect of each row (n), from the outcomes expected in either arm (2 × n)."""
    import numpy as np

    control, treated = expected
    weight = np.where(pairs.is_treated, 1 / pairs.propensity, -1 / (1 - pairs.propensity))
    return treated - control + weight * (pairs.outcome - np.where(pairs.is_treated, treated, control))


def folds(profiles: Any, count: int = FOLDS) -> np.ndarray:
    """The fold of each person: the same for all their rows, and at every time."""
    import numpy as np

    names, place = np.unique(profiles, return_inverse=True)
    return np.array([bucket(name, "uplift folds") % count for name in names.tolist()], np.int64)[place]
