"""What a model goes by, over all people and for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ml.binary.fitting import probabilities
from ml.binary.split import Window
from ml.threads import one_thread

if TYPE_CHECKING:
    import pandas as pd

    from ml.contract import Floats

ROWS = 2_000
REASONS = 3

#: Effects below a tenth of a percentage point aren't worth a word.
SMALLEST_EFFECT = 0.001


def importances(classifier: Any, window: Window, columns: tuple[str, ...], seed: int) -> dict[str, float]:
    """By how much the log loss (nats) of a later window grows when a column is shuffled; greatest first.

    Permutation importance (L. Breiman, Machine Learning 45 (2001) 5–32), three shuffles, up to 2,000 rows.
    """
    from sklearn.inspection import permutation_importance

    frame, answers = window.rows.frame(columns).iloc[:ROWS], window.answers[:ROWS]
    with one_thread():
        found: Any = permutation_importance(
            classifier, frame, answers, scoring="neg_log_loss", n_repeats=3, random_state=seed
        )
    named = zip(columns, found.importances_mean.tolist(), strict=True)
    return dict(sorted(named, key=lambda pair: (-pair[1], pair[0])))


def reasons(
    classifier: Any, frame: pd.DataFrame, features: Sequence[str], scores: Floats, most: int = REASONS
) -> list[list[dict[str, float | str | None]]]:
    """For each row, the features that move its score most away from what it would be at the median.

    `effect` is the score less the score with this one feature set to the median of all rows, the others as
    they are: an explanation of the model, feature by feature, not of causes. Features that say the same
    share their effect. Costs one prediction per row and feature.
    """
    import numpy as np

    effects = np.empty((len(frame), len(features)))
    medians = frame[list(features)].median()
    for number, feature in enumerate(features):
        usual = frame.copy(deep=False)
        usual[feature] = medians[feature]
        effects[:, number] = scores - probabilities(classifier, usual)
    order = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :most]
    values = frame[list(features)].to_numpy()
    return [
        [_reason(features[at], values[row, at], medians.iloc[at], effects[row, at]) for at in best]
        for row, best in enumerate(_worth_telling(effects, order))
    ]


def _worth_telling(effects: Floats, order: Any) -> list[list[int]]:
    return [
        [int(at) for at in best if abs(effects[row, at]) >= SMALLEST_EFFECT] for row, best in enumerate(order)
    ]


def _reason(feature: str, value: float, median: float, effect: float) -> dict[str, float | str | None]:
    return {
        "feature": feature,
        "value": _known(value),
        "median": _known(median),
        "effect": round(float(effect), 4),
    }


def _known(value: float) -> float | None:
    return None if value != value else round(float(value), 4)
