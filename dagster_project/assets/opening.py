"""The run itself: its as_of and its folder."""

import dagster as dg

from dagster_project import keys
from dagster_project.metadata import OWNERS
from dagster_project.resources import Graph
from kith.times import format_instant, parse_instant

#: Tags of Dagster's own run.
RUN_TAG, AS_OF_TAG = "kith/run", "kith/as_of"


class OpenRun(dg.Config):
    """`as_of` as text (a bare date is its midnight in the workspace zone); empty means the clock less L."""

    as_of: str = ""


@dg.asset(key=keys.RUN, group_name="graph", owners=OWNERS, kinds={"python"})
def opened(context: dg.AssetExecutionContext, config: OpenRun, graph: Graph) -> dg.MaterializeResult:
    """The instant this run looks from, and the folder its tables go to. Nothing later than it is seen."""
    as_of = parse_instant(config.as_of, graph.settings.zone) if config.as_of else None
    run = graph.open_run(as_of)
    # A planned message names its tick, the tick this run: the tag leads on to what Dagster kept of it.
    context.instance.add_run_tags(context.run_id, {RUN_TAG: run.run_id, AS_OF_TAG: format_instant(run.as_of)})
    previous = format_instant(run.previous_as_of) if run.previous_as_of else "none"
    return dg.MaterializeResult(
        metadata={
            "run_id": run.run_id,
            "as_of": format_instant(run.as_of),
            "previous_as_of": previous,
            "is_replay": run.is_replay,
        }
    )
