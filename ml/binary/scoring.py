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

#: Rows that are explained at a time: what lies beside them stays within some hundred megabytes.
ROWS_A_TIME = 250_000


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
    with one_thread():
        scores = fitted.artefact.predict_proba(matrix)[:, 1]
        if not np.isfinite(scores).all():
            return Scores(table.profiles, scores)  # the life cycle refuses them, with the count
        told = [_told(fitted, matrix, scores, start) for start in range(0, len(matrix), ROWS_A_TIME)]
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


def _told(fitted: Fitted, matrix: pd.DataFrame, scores: Floats, start: int):
    """Codes of categories tell nobody anything: reasons are given among the numbers."""
    part, own = matrix.iloc[start : start + ROWS_A_TIME], scores[start : start + ROWS_A_TIME]
    effects = effects_of(fitted, part, own)
    categories = set(fitted.metadata.get(INPUTS, {}).get("categories", ()))
    kept = [place for place, name in enumerate(part.columns) if name not in categories]
    names = [str(part.columns[place]) for place in kept]
    return tell_reasons(names, part.to_numpy(float)[:, kept], effects[kept], PROBABILITY.unit)


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
