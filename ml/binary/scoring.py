"""Probabilities of a yes, with what moved them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kith.errors import KithError
from ml.binary.inputs import inputs_of
from ml.contract import PROBABILITY, Fitted, Scores
from ml.features import TABLE, FeatureTable
from ml.reasons.explaining import contributions_of, effects_by_exchange, effects_on_score
from ml.reasons.telling import tell_reasons
from ml.threads import one_thread

if TYPE_CHECKING:
    import pandas as pd

    from ml.contract import Floats
    from ml.reasons.explaining import Effects

#: What `Fitted.metadata` calls the strongest features, and how columns become inputs.
STRONGEST = "strongest_features"
INPUTS = "inputs"

#: Rows that are scored and explained at a time, at most: what lies beside them, the bent columns of the line above
#: all, stays within some hundred megabytes.
ROWS_A_TIME = 60_000


def score_rows(fitted: Fitted, table: FeatureTable, name: str) -> Scores:
    """The score of each row. A champion that needs a feature which is gone is an error that names it."""
    lost = sorted(set(fitted.columns) - set(table.columns) - set(table.traits))
    if lost:
        raise KithError(
            f"the champion of {name} needs the features {', '.join(lost)}",
            where=TABLE,
            way_out=f"bring them back, or run 'kith models train {name}'",
        )
    import numpy as np
    import pyarrow as pa

    matrix = matrix_of(fitted, table.frame())
    parts = np.array_split(np.arange(len(matrix)), -(-len(matrix) // ROWS_A_TIME))
    with one_thread():
        found = [fitted.artefact.predict_proba(matrix.iloc[part])[:, 1] for part in parts]
        scores = np.concatenate(found)
        if not np.isfinite(scores).all():
            return Scores(table.profiles, scores)  # the life cycle refuses them, with the count
        told = [_told(fitted, matrix.iloc[part], own) for part, own in zip(parts, found, strict=True)]
    inputs = {name: matrix[name].to_numpy() for name in fitted.columns}
    return Scores(table.profiles, scores, pa.chunked_array(told), inputs=inputs)


def matrix_of(fitted: Fitted, frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of a feature table (n rows) as the model takes them."""
    told = fitted.metadata.get(INPUTS)
    return inputs_of(told).matrix(frame) if told else frame[list(fitted.columns)]


def probabilities(fitted: Fitted, frame: pd.DataFrame) -> Floats:
    """The probabilities of a yes (n) of the rows of a feature table."""
    with one_thread():
        return fitted.artefact.predict_proba(matrix_of(fitted, frame))[:, 1]


def _told(fitted: Fitted, matrix: pd.DataFrame, scores: Floats):
    """The strongest reasons of each row, categories by their own words."""
    names, categories = list(map(str, matrix.columns)), fitted.metadata.get(INPUTS, {}).get("categories", {})
    effects = effects_of(fitted, matrix, scores)
    return tell_reasons(names, matrix.to_numpy(float), effects, PROBABILITY.unit, categories)


def effects_of(fitted: Fitted, matrix: pd.DataFrame, scores: Floats) -> Effects:
    """What each column adds to each score (columns × n)."""
    found = contributions_of(fitted.artefact, matrix)
    if found is not None:
        return effects_on_score(found, scores)
    features = tuple(fitted.metadata.get(STRONGEST, fitted.columns))
    return effects_by_exchange(
        lambda usual: fitted.artefact.predict_proba(usual)[:, 1], matrix, scores, features
    )


def strengths_of(fitted: Fitted, matrix: pd.DataFrame, scores: Floats) -> dict[str, float]:
    """The mean distance (0–1) by which each column moves the scores, the strongest first."""
    import numpy as np

    mean = np.abs(effects_of(fitted, matrix, scores)).mean(axis=1, dtype=float)
    named = zip(fitted.columns, mean.tolist(), strict=True)
    return dict(sorted(named, key=lambda pair: (-pair[1], pair[0])))
