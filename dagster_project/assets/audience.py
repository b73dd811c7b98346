"""Who: attributes, segments, and which variant of an experiment they are to meet."""

from collections.abc import Sequence

import dagster as dg

from dagster_project import keys
from dagster_project.metadata import OWNERS, counts
from dagster_project.resources import Graph, announced


def audience_assets(core: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """The assets between the warehouse's core and journeys."""

    @dg.asset(
        key=keys.ATTRIBUTES, deps=core, group_name="attributes", owners=OWNERS, kinds={"python", "parquet"}
    )
    def attributes(graph: Graph) -> dg.MaterializeResult:
        """Every computed attribute of every profile as of this run; the values that became others are kept."""
        from activation.attributes.evaluation import evaluate

        with announced("attributes"):
            return dg.MaterializeResult(metadata=counts(evaluate(graph.settings, graph.run)))

    @dg.asset(
        key=keys.SEGMENTS,
        deps=[keys.SCORES, keys.ATTRIBUTES, *core],
        group_name="segments",
        owners=OWNERS,
        kinds={"python"},
    )
    def evaluated(graph: Graph) -> dg.MaterializeResult:
        """Membership of every segment as of this run, with who entered and who left, and why."""
        from activation.segments.evaluation import evaluate

        with announced("segments"):
            return dg.MaterializeResult(metadata=counts(evaluate(graph.settings, graph.run)))

    @dg.asset(
        key=keys.WINNERS, deps=[keys.SEGMENTS], group_name="measurement", owners=OWNERS, kinds={"python"}
    )
    def winners(graph: Graph) -> dg.MaterializeResult:
        """Which variants have won by now: known before journeys go on, at the instants of their looks."""
        from measurement.winners import decide_winners

        with announced("experiments"):
            return dg.MaterializeResult(metadata=counts(decide_winners(graph.settings, graph.run)))

    return [attributes, evaluated, winners]
