"""Models: trained when due, scored at every run, tested anew over past months."""

from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg

from dagster_project import keys
from dagster_project.metadata import OWNERS, counts
from dagster_project.resources import Graph, announced

USABLE = "every_prediction_has_usable_scores"
STEADY = "no_scores_have_drifted"

#: A backtest of each month, named by its first day; the first one is the earliest that a world may begin with.
MONTHS = dg.MonthlyPartitionsDefinition(start_date="2010-01-01")


def prediction_assets(features: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Training and scoring of every prediction, downstream of the feature tables, and their backtests by month."""

    @dg.asset(
        key=keys.TRAINED, deps=features, group_name="predictions", owners=OWNERS, kinds={"sklearn", "mlflow"}
    )
    def trained(context: dg.AssetExecutionContext, graph: Graph) -> dg.MaterializeResult:
        """Each model fitted on point-in-time data when its retraining is due, gated, and registered."""
        from dagster_project.predictions_shown import training_shown
        from ml.training import train_if_due

        with announced("train"):
            found = _each(context, graph, lambda name: train_if_due(graph.settings, graph.run, name))
        return dg.MaterializeResult(metadata={**_counted(found), **training_shown(graph.home, found)})

    @dg.asset(
        key=keys.SCORES,
        deps=[keys.TRAINED, *features],
        group_name="predictions",
        owners=OWNERS,
        kinds={"sklearn", "mlflow"},
        check_specs=[
            dg.AssetCheckSpec(
                USABLE,
                asset=keys.SCORES,
                description="A champion may be used for each; else segments take their fallback.",
            ),
            dg.AssetCheckSpec(
                STEADY,
                asset=keys.SCORES,
                description="The scores of each are spread as when its champion was judged.",
            ),
        ],
    )
    def scored(context: dg.AssetExecutionContext, graph: Graph) -> dg.MaterializeResult:
        """Scores of each person by the registered champion of each model, with the reasons."""
        from dagster_project.predictions_shown import drift_shown, steady_check, usable_check
        from ml.scoring import score_or_withdraw

        with announced("score"):
            found = _each(context, graph, lambda name: score_or_withdraw(graph.settings, graph.run, name))
        checks = [usable_check(USABLE, graph, list(found)), steady_check(STEADY, found)]
        metadata = {**_counted(found, "drift"), "drift": drift_shown(found)}
        return dg.MaterializeResult(metadata=metadata, check_results=checks)

    @dg.asset(
        key=keys.EVALUATED,
        deps=features,
        partitions_def=MONTHS,
        group_name="predictions",
        owners=OWNERS,
        kinds={"sklearn"},
    )
    def evaluated(context: dg.AssetExecutionContext, graph: Graph) -> dg.MaterializeResult:
        """What each training would have reached at the end of a month; nothing is registered."""
        from dagster_project.predictions_shown import backtests_shown
        from ml.evaluation import backtest_month

        month = context.partition_time_window
        with announced("evaluate"):
            found = _each(
                context, graph, lambda name: backtest_month(graph.settings, graph.run, name, month.end)
            )
        return dg.MaterializeResult(
            metadata={"month": f"{month.start:%Y-%m}", "backtests": backtests_shown(found)}
        )

    return [trained, scored, evaluated]


def _each(context: dg.AssetExecutionContext, graph: Graph, work: Callable[[str], Any]) -> dict[str, Any]:
    """The outcome by prediction, each told as it is done: one model may serve several."""
    from ml.predictions import load_predictions

    names, found = [each.name for each in load_predictions(graph.settings)], {}
    for number, name in enumerate(names, start=1):
        found[name] = work(name)
        context.log.info(f"{number} of {len(names)}: {name}, {getattr(found[name], 'reason', 'done')}")
    return found


def _counted(found: dict[str, Any], *left_out: str) -> dict[str, Any]:
    shown = {name: counts(each) for name, each in found.items()}
    return {name: {key: each[key] for key in each if key not in left_out} for name, each in shown.items()}
