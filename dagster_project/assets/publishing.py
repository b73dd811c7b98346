"""The end of a run: the pointer moves."""

from collections.abc import Sequence

import dagster as dg

from dagster_project import keys
from dagster_project.metadata import OWNERS
from dagster_project.resources import Graph, announced
from kith.metrics import keep_metrics
from kith.run import drop_replay, publish_run


def publishing_asset(tables: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The pointer, downstream of every published table."""

    @dg.asset(key=keys.SNAPSHOT, deps=tables, group_name="snapshot", owners=OWNERS, kinds={"parquet"})
    def pointer(graph: Graph) -> dg.MaterializeResult:
        """The snapshot that dashboards, the API and `kith query` read from now on."""
        with announced("publish"):
            keep_metrics(graph.settings, graph.run)
            publish_run(graph.settings, graph.run)
            drop_replay(graph.settings, graph.run)
        return dg.MaterializeResult(
            metadata={"run_id": graph.run.run_id, "tables": len(graph.run.snapshot.tables())}
        )

    return pointer
