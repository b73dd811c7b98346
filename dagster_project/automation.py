"""When the graph runs by itself: each morning, each hour, and when something landed. All start stopped."""

import dagster as dg

from dagster_project import keys
from kith.lake import Home
from kith.settings import load_settings

#: One run of the graph at a time, whoever asked for it; see dagster_project/instance.py.
TAGS = {"kith/graph": "one"}
LOOK_EVERY_SECONDS = 60

graph_job = dg.define_asset_job(
    "graph",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(keys.EVENTS, keys.EVALUATED),
    tags=TAGS,
    description="One run of the graph, from what landed to the published snapshot.",
)


def _schedule(name: str, cron: str, description: str) -> dg.ScheduleDefinition:
    zone = load_settings().zone
    return dg.ScheduleDefinition(
        name=name, job=graph_job, cron_schedule=cron, execution_timezone=zone, description=description
    )


daily = _schedule("daily", "0 6 * * *", "Each morning at six.")
hourly = _schedule("hourly", "5 * * * *", "Each hour.")

evaluation_job = dg.define_asset_job(
    "evaluation",
    selection=dg.AssetSelection.assets(keys.EVALUATED),
    tags=TAGS,
    description="A backtest of every prediction over one month, on the last published run.",
)
monthly = dg.build_schedule_from_partitioned_job(
    evaluation_job,
    name="monthly",
    hour_of_day=7,
    description="The month that ended, on its first day after, at seven.",
)


@dg.sensor(name="landing", job=graph_job, minimum_interval_seconds=LOOK_EVERY_SECONDS)
def landing(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """A run when files landed that were not there at the last look."""
    seen = landed()
    if seen == (context.cursor or ""):
        return dg.SkipReason("nothing new landed")
    context.update_cursor(seen)
    return dg.RunRequest(run_key=seen)


def landed() -> str:
    """A mark that changes when anything is appended: the newest segment, how many there are, their bytes."""
    files = sorted(Home(load_settings().home).landing.glob("*/*"))
    size = sum(file.stat().st_size for file in files)
    return f"{files[-1].parent.name}/{files[-1].stem}:{len(files)}:{size}" if files else ""
