"""What outcomes and effects are regressed with. Effects are far fainter than outcomes: their trees are smaller
and their lines held tighter. scikit-learn is imported when the first one is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

#: Makes an unfitted regressor.
Regressor = Callable[[], Any]


@dataclass(frozen=True)
class Base:
    """Regressors of the outcome, and of the effect."""

    outcome: Regressor
    effect: Regressor


def boosted(seed: int) -> Base:
    """Boosted trees; nothing has to be scaled."""
    return Base(lambda: _trees(seed, 15, 60, 60), lambda: _trees(seed, 4, 400, 40))


def ridge(seed: int) -> Base:
    """Lines over columns that were made for it."""
    return Base(lambda: _ridge(10.0), lambda: _ridge(1_000.0))


BASES: Mapping[str, Callable[[int], Base]] = {"boosted": boosted, "ridge": ridge}


def _trees(seed: int, leaves: int, fewest: int, rounds: int) -> Any:
    """Unknown values become −1, below every count and age: trees part them from the others as they would part gaps,
    and a column of which nothing at all is known, on which scikit-learn's own binning breaks, says nothing."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    trees = HistGradientBoostingRegressor(
        max_iter=rounds,
        learning_rate=0.06,
        max_leaf_nodes=leaves,
        min_samples_leaf=fewest,
        l2_regularization=5.0,
        early_stopping=False,  # pyright: ignore[reportArgumentType]  (the hints know "auto" alone)
        random_state=seed,
    )
    return make_pipeline(SimpleImputer(strategy="constant", fill_value=-1.0, keep_empty_features=True), trees)


def _ridge(penalty: float) -> Any:
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), Ridge(alpha=penalty))
