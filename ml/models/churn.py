"""Churn: the probability that a customer places no order within the horizon.

Two candidates, of which the calibration window chooses. Boosted trees need no scaling and take unknown values
as they are; logistic regression on normal scores often wins where history is short (with 30-day windows of
Online Retail the two lie within 0.01 of each other in AUC). Trees are kept small: a few thousand customers a
window is the usual size, and the oldest windows know little of the past.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ml.binary.model import BinaryModel

if TYPE_CHECKING:
    from ml.contract import Floats


def no_order_ahead(orders_ahead: Floats) -> Floats:
    """1 where no order followed, 0 where one did, NaN where the window isn't over."""
    import numpy as np

    return np.where(np.isnan(orders_ahead), np.nan, (orders_ahead <= 0).astype(float))


def candidates(seed: int) -> Mapping[str, Any]:
    """Boosted trees and logistic regression."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer

    trees = HistGradientBoostingClassifier(
        max_iter=150,
        learning_rate=0.05,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        l2_regularization=1.0,
        early_stopping=False,  # pyright: ignore[reportArgumentType]  (the hints know "auto" alone)
        random_state=seed,
    )
    scores = QuantileTransformer(n_quantiles=100, output_distribution="normal", random_state=seed)
    imputer = SimpleImputer(strategy="median", keep_empty_features=True)
    line = make_pipeline(imputer, scores, LogisticRegression(C=0.1, max_iter=1_000))
    return {"boosted_trees": trees, "logistic": line}


plugin = BinaryModel(
    meaning="probability of no order within the horizon",
    answers=no_order_ahead,
    candidates=candidates,
    baseline_feature="days_since_last_order",
)
