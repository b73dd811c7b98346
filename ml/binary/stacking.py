"""Stacking: how far each candidate is believed is learned from what it says of rows it hasn't seen.

Rows are dealt into folds; each fold is foretold by candidates fitted on the other ones (D. H. Wolpert, Neural
Networks 5 (1992) 241–259). A logistic regression over their log-odds weighs them and, in the same step, bends them
into probabilities (J. Platt, 1999), so that nothing more has to be calibrated afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml.threads import one_thread

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ml.contract import Floats


@dataclass(frozen=True)
class Stacked:
    """A classifier of scikit-learn's own kind. `out_of_fold` (n) are the probabilities of the rows that it learned
    from, each foretold by what hadn't seen its fold; `weights` is by candidate."""

    classifier: Any
    out_of_fold: Floats
    weights: Mapping[str, float]


def stack(
    candidates: Mapping[str, Any],
    matrix: pd.DataFrame,
    answers: Floats,
    folds: np.ndarray,
    advance: Callable[[float], None] = lambda share: None,
) -> Stacked:
    """Fit on n rows with answers 0 and 1 and the fold of each; both answers must be outside of each fold."""
    import numpy as np
    from sklearn.ensemble import StackingClassifier

    names = sorted(candidates)
    numbers = np.unique(folds)
    share = 1 / (len(names) * (len(numbers) + 1))
    odds, fitted = np.empty((len(answers), len(names))), []
    with one_thread():
        for place, name in enumerate(names):
            for number in numbers:
                inside = folds == number
                learned = _fresh(candidates[name]).fit(matrix[~inside], answers[~inside])
                odds[inside, place] = learned.decision_function(matrix[inside])
                advance(share)
            fitted.append((name, _fresh(candidates[name]).fit(matrix, answers)))
            advance(share)
        whole = StackingClassifier(fitted, _bend(), cv="prefit", stack_method="decision_function")
        whole.fit(matrix, answers)
        # Fitted estimators have seen these answers: how far they are believed is told by the folds alone.
        whole.final_estimator_ = _bend().fit(odds, answers)
        crossed = _crossed(odds, answers, folds)
    weights = dict(zip(names, whole.final_estimator_.coef_[0].round(4).tolist(), strict=True))
    return Stacked(whole, crossed, weights)


def _crossed(odds: Floats, answers: Floats, folds: np.ndarray) -> Floats:
    """Probabilities of each fold, bent by the answers of the other ones."""
    import numpy as np

    found = np.empty(len(answers))
    for number in np.unique(folds):
        inside = folds == number
        found[inside] = _bend().fit(odds[~inside], answers[~inside]).predict_proba(odds[inside])[:, 1]
    return found


def _bend() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1.0)


def _fresh(candidate: Any) -> Any:
    from sklearn.base import clone

    return clone(candidate)
