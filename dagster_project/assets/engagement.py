"""When, what, and out: journeys and campaigns, delivery, and what came of it."""

import dagster as dg

from dagster_project import keys
from dagster_project.delivery_checks import BALANCED, USUAL, balance_check, delivery_specs, rates_check
from dagster_project.metadata import OWNERS, counts
from dagster_project.resources import Graph, announced

ANSWERED = "channels_answered"
SKIPPED = "a run over the past delivers nothing"


def engagement_assets() -> list[dg.AssetsDefinition]:
    """The assets between who is who and the warehouse's reports."""

    @dg.asset(
        key=keys.PLANNED,
        deps=[keys.SEGMENTS, keys.WINNERS],
        group_name="journeys",
        owners=OWNERS,
        kinds={"python"},
    )
    def planned(graph: Graph) -> dg.MaterializeResult:
        """One row for each message that fell due: its decision and the reason, refusals included."""
        from activation.journeys.planning import plan

        with announced("campaigns"):
            return dg.MaterializeResult(metadata=counts(plan(graph.settings, graph.run)))

    @dg.asset(key=keys.CAUSED, deps=[keys.PLANNED], group_name="journeys", owners=OWNERS, kinds={"python"})
    def caused(graph: Graph) -> dg.MaterializeResult:
        """What journeys caused beside messages, as events in the landing log, each under its own name."""
        from activation.journeys.effects import land_effects

        return dg.MaterializeResult(metadata=counts(land_effects(graph.settings, graph.run, graph.clock)))

    @dg.asset(
        key=keys.DELIVERED,
        deps=[keys.PLANNED],
        group_name="delivery",
        owners=OWNERS,
        kinds={"python"},
        check_specs=[
            dg.AssetCheckSpec(
                ANSWERED,
                asset=keys.DELIVERED,
                description="Every channel took what was due. One that stopped keeps its messages pending.",
            ),
            *delivery_specs(keys.DELIVERED, BALANCED, USUAL),
        ],
    )
    def delivered(graph: Graph) -> dg.MaterializeResult:
        """The outbox handed to the channels until it is empty. A run over the past delivers nothing."""
        if graph.run.is_replay:
            passed = [
                dg.AssetCheckResult(passed=True, check_name=name) for name in (ANSWERED, BALANCED, USUAL)
            ]
            return dg.MaterializeResult(metadata={"skipped": SKIPPED}, check_results=passed)
        from activation.delivery.worker import deliver

        with announced("deliver"):
            done = deliver(graph.settings, graph.clock, until_empty=True)
        verdict = dg.AssetCheckResult(
            passed=not done.stopped, check_name=ANSWERED, metadata={"stopped": done.stopped or "no"}
        )
        found = [verdict, balance_check(graph.settings), rates_check(graph.settings, graph.clock.now())]
        return dg.MaterializeResult(metadata=counts(done), check_results=found)

    @dg.asset(key=keys.LEDGER, deps=[keys.DELIVERED], group_name="delivery", owners=OWNERS, kinds={"parquet"})
    def exported(graph: Graph) -> dg.MaterializeResult:
        """The ledger's outcomes in the lake, and as events in the landing log."""
        if graph.run.is_replay:
            return dg.MaterializeResult(metadata={"skipped": SKIPPED})
        from activation.delivery.export import export_ledger

        with announced("ledger"):
            return dg.MaterializeResult(metadata=counts(export_ledger(graph.settings, graph.run)))

    @dg.asset(key=keys.LIFT, deps=[keys.LEDGER], group_name="measurement", owners=OWNERS, kinds={"python"})
    def lift(graph: Graph) -> dg.MaterializeResult:
        """What each campaign changed against its holdout, with an interval that may be watched."""
        from measurement.lift import measure

        with announced("measure"):
            return dg.MaterializeResult(metadata=counts(measure(graph.settings, graph.run)))

    return [planned, caused, delivered, exported, lift]
