"""When the graph runs by itself: each morning, and when something landed."""

from __future__ import annotations

import dagster as dg

from dagster_project import keys
from kith.lake import Home
from kith.settings import load_settings

JOB = "graph"
#: One run of the graph at a time, whoever asked for it; see dagster_project/instance.py.
TAGS = {"kith/graph": "one"}
EVERY_SECONDS = 60


def automation() -> tuple[
    dg.UnresolvedAssetJobDefinition, list[dg.ScheduleDefinition], list[dg.SensorDefinition]
]:
    """The job over all assets, the daily and hourly schedules, and the sensor. All start stopped."""
    selection = dg.AssetSelection.all() - dg.AssetSelection.assets(keys.EVENTS)
    job = dg.define_asset_job(JOB, selection=selection, tags=TAGS, description="One run of the graph.")
    zone = load_settings().zone
    daily = dg.ScheduleDefinition(
        name="daily",
        job=job,
        cron_schedule="0 6 * * *",
        execution_timezone=zone,
        description="Each morning at six.",
    )
    hourly = dg.ScheduleDefinition(
        name="hourly", job=job, cron_schedule="5 * * * *", execution_timezone=zone, description="Each hour."
    )
    return job, [daily, hourly], [_landing_sensor(job)]


def _landing_sensor(job: dg.UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    @dg.sensor(name="landing", job=job, minimum_interval_seconds=EVERY_SECONDS)
    def landing(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        """A run when files landed that were not there at the last look."""
        seen = _landed()
        if seen == (context.cursor or ""):
            return dg.SkipReason("nothing new landed")
        context.update_cursor(seen)
        return dg.RunRequest(run_key=seen)

    return landing


def _landed() -> str:
    """A mark that changes when anything is appended: the newest segment's name, and the bytes of all."""
    files = sorted(Home(load_settings().home).landing.glob("*/*"))
    size = sum(file.stat().st_size for file in files)
    return f"{files[-1].parent.name}/{files[-1].stem}:{len(files)}:{size}" if files else ""
