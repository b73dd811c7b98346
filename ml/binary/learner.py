"""The one learner of every yes or no: boosted trees and a line over bent columns, which are then stacked.

Boosted trees find what goes together and take unknown values as they are; each split may look at a third of the
columns, so that many weak ones are heard. The line (logistic regression over splines of ranks, categories one by
one) is the better one where effects add up and rows are few, and what lies outside of what it has seen stays at
the edge. Neither has a knob for a data set: who is heard how much is learned by `ml.binary.stacking`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ml.binary.inputs import Inputs

TREES, LINE = "boosted_trees", "spline_line"


def candidates(inputs: Inputs, seed: int) -> Mapping[str, Any]:
    """Unfitted classifiers by name; they get the matrix of the inputs."""
    return {TREES: _trees(inputs, seed), LINE: _line(inputs, seed)}


def _trees(inputs: Inputs, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    categories: Any = list(inputs.categories) or None
    return HistGradientBoostingClassifier(
        max_iter=120,
        learning_rate=0.05,
        max_leaf_nodes=15,
        min_samples_leaf=30,
        l2_regularization=5.0,
        max_features=0.3,
        categorical_features=categories,
        early_stopping=False,  # pyright: ignore[reportArgumentType]  (the hints know "auto" alone)
        random_state=seed,
    )


def _line(inputs: Inputs, seed: int) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, SplineTransformer

    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    ranks = QuantileTransformer(n_quantiles=200, subsample=100_000, random_state=seed)
    splines = SplineTransformer(n_knots=6, degree=2, extrapolation="constant", include_bias=False)
    each = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(imputer, ranks, splines), list(inputs.numbers)),
            ("categories", each, list(inputs.categories)),
        ]
    )
    return make_pipeline(columns, LogisticRegression(C=0.3, max_iter=1_000))
