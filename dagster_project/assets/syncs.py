"""Syncs: one asset each, after the pointer has moved, so that what leaves is what everybody reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from dagster_project import keys
from dagster_project.metadata import OWNERS, counts
from dagster_project.resources import Graph, announced

if TYPE_CHECKING:
    from activation.syncs.running import Report

CAUGHT_UP = "destination_caught_up"
NOTHING_REFUSED = "nothing_refused"


def sync_assets() -> Sequence[dg.AssetsDefinition]:
    """An asset for each definition that is active and has a schedule."""
    from activation.syncs.grammar import load_syncs
    from kith.settings import load_settings

    active = [
        each for each in load_syncs(load_settings()) if each.body.is_active and each.body.schedule != "manual"
    ]
    return [_asset(each.name, each.body.to, each.body.description) for each in active]


def _asset(name: str, destination: str, description: str) -> dg.AssetsDefinition:
    key = dg.AssetKey(["destinations", destination, name])

    @dg.asset(
        key=key,
        deps=[keys.SNAPSHOT],
        group_name="syncs",
        owners=OWNERS,
        kinds={"python"},
        description=description or f"The rows of {name} at {destination}.",
        check_specs=[
            dg.AssetCheckSpec(
                CAUGHT_UP, asset=key, description="Every row has its answer; no guard held the run back."
            ),
            dg.AssetCheckSpec(
                NOTHING_REFUSED, asset=key, description="The destination refused no row of this run."
            ),
        ],
    )
    def synced(graph: Graph) -> dg.MaterializeResult:
        from activation.syncs.scheduling import run_if_due

        with announced(f"sync {name}"):
            report = run_if_due(graph.settings, graph.clock, name, is_replay=graph.run.is_replay)
        return dg.MaterializeResult(metadata=counts(report), check_results=_checks(report))

    return synced


def _checks(report: Report) -> list[dg.AssetCheckResult]:
    """Neither fails the run: what was published stands, and the next run goes on where this one stopped."""
    refused = sum(report.outcomes.get(outcome, 0) for outcome in ("rejected", "failed", "unknown"))
    warn = dg.AssetCheckSeverity.WARN
    return [
        dg.AssetCheckResult(
            check_name=CAUGHT_UP,
            passed=report.is_well,
            severity=warn,
            metadata={"detail": report.detail or "–"},
        ),
        dg.AssetCheckResult(
            check_name=NOTHING_REFUSED, passed=refused == 0, severity=warn, metadata={"refused": refused}
        ),
    ]
