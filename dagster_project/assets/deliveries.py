"""What became of each day's messages, a partition a day."""

import dagster as dg

from dagster_project import keys
from dagster_project.assets.arrivals import DAYS
from dagster_project.delivery_checks import BALANCED, balance_check, delivery_specs
from dagster_project.metadata import OWNERS
from dagster_project.resources import Graph


@dg.asset(
    key=keys.DELIVERIES,
    deps=[keys.LEDGER],
    partitions_def=DAYS,
    group_name="delivery",
    owners=OWNERS,
    kinds={"python"},
    check_specs=delivery_specs(keys.DELIVERIES, BALANCED),
)
def daily_deliveries(context: dg.AssetExecutionContext, graph: Graph) -> dg.MaterializeResult:
    """The messages decided on one day (UTC) by where they stand now. Counted anew, it tells what ended since."""
    day = context.partition_time_window
    verdict = balance_check(graph.settings, day.start, day.end)
    return dg.MaterializeResult(metadata=dict(verdict.metadata), check_results=[verdict])
