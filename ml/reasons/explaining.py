"""Which way of explaining an estimator of scikit-learn's kind takes, and what its contributions do to the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml.reasons.contributions import Contributions
from ml.reasons.lines import line_contributions
from ml.reasons.trees import boosted_contributions

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ml.contract import Floats

    Effects = np.ndarray[Any, np.dtype[np.float32]]

#: Where a score lies this close to the usual one, the slope between the two says nothing.
NEARLY = 1e-3


def contributions_of(estimator: Any, frame: pd.DataFrame) -> Contributions | None:
    """Exact contributions to the margin of boosted trees and of linear models, bare or behind steps that treat each
    column by itself, calibrated, frozen, or stacked by a linear model; None for any other form."""
    parts = getattr(estimator, "calibrated_classifiers_", None)
    if parts:
        found = [contributions_of(each.estimator, frame) for each in parts]
        return _weighed(found, [1 / len(found)] * len(found), 0.0)
    if type(estimator).__name__ == "FrozenEstimator":
        return contributions_of(estimator.estimator, frame)
    if type(estimator).__name__ == "StackingClassifier":
        return _stacked(estimator, frame)
    if hasattr(estimator, "_predictors"):
        found = boosted_contributions(estimator, frame)
        return Contributions(tuple(map(str, frame.columns)), *found) if found else None
    return line_contributions(estimator, frame)


def _stacked(estimator: Any, frame: pd.DataFrame) -> Contributions | None:
    """A linear model over the margins of others."""
    import numpy as np

    last = estimator.final_estimator_
    weights = np.ravel(getattr(last, "coef_", ()))
    if len(weights) != len(estimator.estimators_) or set(estimator.stack_method_) != {"decision_function"}:
        return None
    found = [contributions_of(each, frame) for each in estimator.estimators_]
    return _weighed(found, weights.tolist(), float(np.ravel(last.intercept_)[0]))


def _weighed(
    found: list[Contributions | None], weights: list[float], constant: float
) -> Contributions | None:
    import numpy as np

    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return None
    values = sum(np.float32(weight) * each.values for weight, each in zip(weights, known, strict=True))
    usual = sum(weight * each.usual for weight, each in zip(weights, known, strict=True))
    return Contributions(known[0].columns, np.asarray(values, np.float32), usual + constant)


def effects_on_score(found: Contributions, scores: Floats) -> Effects:
    """Contributions to the margin as contributions to the score (features × n): each gets its share of the distance
    between the row's score and the usual one, which is read off the scores themselves, for they rise with the margin.

    Where the two nearly meet, or a step of the calibration hides their distance, the slope of the logistic curve there
    stands in; the shares then no longer add up to the distance.
    """
    import numpy as np

    margins = found.margins
    order = np.argsort(margins)
    usual = float(np.interp(found.usual, margins[order], scores[order]))
    distance = margins - found.usual
    is_near = (np.abs(distance) < NEARLY) | (np.abs(scores - usual) < NEARLY)
    slopes = np.where(is_near, scores * (1 - scores), (scores - usual) / np.where(is_near, 1.0, distance))
    return found.values * np.maximum(slopes, 0.0).astype(np.float32)


def effects_by_exchange(
    predict: Any, frame: pd.DataFrame, scores: Floats, features: tuple[str, ...]
) -> Effects:
    """For forms that can't be taken apart: the score less the score with one feature set to the median of all rows, the
    others as they are. `predict` gives scores of a frame; costs one prediction a row and feature."""
    import numpy as np

    effects = np.zeros((frame.shape[1], len(frame)), np.float32)
    medians = frame[list(features)].median()
    for feature in features:
        usual = frame.copy(deep=False)
        usual[feature] = medians[feature]
        effects[list(frame.columns).index(feature)] = scores - predict(usual)
    return effects
