"""Events in: what landed becomes Parquet, judged before it is committed."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from dagster_project import keys
from dagster_project.metadata import OWNERS, counts
from dagster_project.resources import Graph, announced
from kith.lake import latest_commit

DAYS = dg.DailyPartitionsDefinition(start_date="1995-01-01", end_offset=1)
JUDGED = "arrivals_judged"

daily_events = dg.AssetSpec(
    keys.EVENTS,
    description="Events by the day on which they were received, as Parquet files of one schema.",
    group_name="events",
    owners=OWNERS,
    kinds={"parquet"},
    partitions_def=DAYS,
    deps=[keys.COMPACTED],
)


@dg.asset(
    key=keys.COMPACTED,
    deps=[keys.RUN],
    group_name="events",
    owners=OWNERS,
    kinds={"python", "greatexpectations"},
    check_specs=[
        dg.AssetCheckSpec(
            JUDGED,
            asset=keys.COMPACTED,
            blocking=True,
            description="Great Expectations judged each source's batch; a refused one is held.",
        )
    ],
)
def compacted(context: dg.AssetExecutionContext, graph: Graph) -> Iterator[dg.MaterializeResult]:
    """Sealed landing segments as committed event rows; refused rows in quarantine, refused batches held."""
    from ingestion.compaction import compact

    before = latest_commit(graph.home, "events")
    with announced("compact"):
        result = compact(graph.settings, graph.run)
    for day, size in _days_since(graph, before.name if before else "").items():
        context.log_event(dg.AssetMaterialization(keys.EVENTS, partition=day, metadata={"bytes": size}))
    refused = [verdict.source for verdict in result.verdicts if not verdict.is_passed]
    verdict = dg.AssetCheckResult(passed=not refused, check_name=JUDGED, metadata={"refused": refused})
    yield dg.MaterializeResult(metadata=counts(result), check_results=[verdict])


def _days_since(graph: Graph, commit: str) -> dict[str, int]:
    """Bytes committed for each day of receipt in commits after `commit`."""
    days: dict[str, int] = {}
    for folder in sorted((graph.home.lake / "events").iterdir()):
        if folder.name <= max(commit, "0000000000"):
            continue
        for part in folder.glob("received_on=*"):
            day = part.name.removeprefix("received_on=")
            days[day] = days.get(day, 0) + sum(file.stat().st_size for file in part.glob("*.parquet"))
    first = date.fromisoformat(DAYS.start.date().isoformat())
    return {day: size for day, size in days.items() if date.fromisoformat(day) >= first}
