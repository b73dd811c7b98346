"""What Dagster loads: the assets in the order of a run, its job, schedule and sensor."""

from __future__ import annotations

import dagster as dg

from dagster_project.assets.analytics import credited, defined
from dagster_project.assets.arrivals import compacted, daily_events
from dagster_project.assets.audience import audience_assets
from dagster_project.assets.deliveries import daily_deliveries
from dagster_project.assets.engagement import engagement_assets
from dagster_project.assets.opening import opened
from dagster_project.assets.people import resolved
from dagster_project.assets.predictions import prediction_assets
from dagster_project.assets.publishing import publishing_asset
from dagster_project.assets.syncs import sync_assets
from dagster_project.assets.warehouse import warehouse_assets
from dagster_project.automation import (
    daily,
    deliveries,
    deliveries_job,
    evaluation_job,
    graph_job,
    hot,
    hot_job,
    hourly,
    landing,
    monthly,
    receipts,
)
from dagster_project.dbt_runner import ensure_manifest
from dagster_project.instance import prepare_instance
from dagster_project.resources import Graph
from kith.settings import load_settings


def build_definitions() -> dg.Definitions:
    """Everything, wired: features feed models, the core feeds segments, reports feed the pointer."""
    settings = load_settings()
    prepare_instance(settings)
    core, report = warehouse_assets(ensure_manifest(settings))
    features = sorted(key for key in core.keys if "features" in key.path)
    assets = [
        opened,
        defined,
        daily_events,
        compacted,
        resolved,
        core,
        *prediction_assets(features),
        *audience_assets(sorted(core.keys)),
        *engagement_assets(),
        daily_deliveries,
        credited,
        report,
        publishing_asset(sorted(report.keys)),
        *sync_assets(),
    ]
    return dg.Definitions(
        assets=assets,
        jobs=[graph_job, evaluation_job, deliveries_job, hot_job],
        schedules=[daily, hourly, monthly, deliveries],
        sensors=[landing, receipts, hot],
        resources={"graph": Graph()},
        executor=dg.in_process_executor,
    )


defs = build_definitions()
