"""Probabilities of a yes, with what moved them."""

from __future__ import annotations

from kith.errors import KithError
from ml.binary.fitting import probabilities
from ml.binary.importance import reasons
from ml.contract import Fitted, Scores
from ml.features import TABLE, FeatureTable


def score_rows(fitted: Fitted, table: FeatureTable, name: str) -> Scores:
    """The score of each row. A champion that needs a feature which is gone is an error that names it."""
    import orjson

    lost = sorted(set(fitted.columns) - set(table.columns))
    if lost:
        raise KithError(
            f"the champion of {name} needs the features {', '.join(lost)}",
            where=TABLE,
            way_out=f"bring them back, or run 'kith models train {name}'",
        )
    frame = table.frame(fitted.columns)
    scores = probabilities(fitted.artefact, frame)
    features = [each for each in fitted.metadata.get("reason_features", []) if each in frame.columns]
    told = reasons(fitted.artefact, frame, features, scores)
    return Scores(table.profiles, scores, [orjson.dumps(each).decode() for each in told])
