"""Models: trained when due, scored at every run."""

from collections.abc import Sequence

import dagster as dg

from dagster_project import keys
from dagster_project.metadata import OWNERS, counts
from dagster_project.resources import Graph, announced


def prediction_assets(features: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Training and scoring of every prediction, downstream of the feature tables."""

    @dg.asset(
        key=keys.TRAINED, deps=features, group_name="predictions", owners=OWNERS, kinds={"sklearn", "mlflow"}
    )
    def trained(graph: Graph) -> dg.MaterializeResult:
        """Each model fitted on point-in-time features when its retraining is due, gated, and registered."""
        from ml.training import train_if_due

        with announced("train"):
            done = {name: counts(train_if_due(graph.settings, graph.run, name)) for name in _names(graph)}
        return dg.MaterializeResult(metadata=done)

    @dg.asset(
        key=keys.SCORES,
        deps=[keys.TRAINED, *features],
        group_name="predictions",
        owners=OWNERS,
        kinds={"sklearn", "mlflow"},
    )
    def scored(graph: Graph) -> dg.MaterializeResult:
        """Scores of each person by the registered champion of each model, with the reasons."""
        from ml.scoring import score

        with announced("score"):
            done = {name: counts(score(graph.settings, graph.run, name)) for name in _names(graph)}
        return dg.MaterializeResult(metadata=done)

    return [trained, scored]


def _names(graph: Graph) -> list[str]:
    """The predictions that are defined: one model may serve several."""
    from ml.predictions import load_predictions

    return [prediction.name for prediction in load_predictions(graph.settings)]
