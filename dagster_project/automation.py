"""When the graph runs by itself: each morning, each hour, and when something landed. All start stopped."""

import dagster as dg

from dagster_project import keys
from dagster_project.hot import hot_runs
from kith.clock import system_clock
from kith.lake import Home
from kith.settings import load_settings

#: One run of the graph at a time, whoever asked for it; see dagster_project/instance.py.
TAGS = {"kith/graph": "one"}
LOOK_EVERY_SECONDS = 60
RECEIPTS_EVERY_SECONDS = 900
AT_WORK = (
    *(dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED),
    *(dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED),
)
#: The landing's sources of what vendors tell (activation.delivery.receipts).
RECEIPTS = frozenset({"receipts", "unread_receipts"})

graph_job = dg.define_asset_job(
    "graph",
    selection=dg.AssetSelection.all()
    - dg.AssetSelection.assets(keys.EVENTS, keys.EVALUATED, keys.DELIVERIES),
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

deliveries_job = dg.define_asset_job(
    "deliveries",
    selection=dg.AssetSelection.assets(keys.DELIVERIES),
    tags=TAGS,
    description="What became of one day's messages, and whether the books balance.",
)
deliveries = dg.build_schedule_from_partitioned_job(
    deliveries_job,
    name="deliveries",
    hour_of_day=8,
    description="The day that ended, at eight: most of its receipts have come by then.",
)


@dg.sensor(name="landing", job=graph_job, minimum_interval_seconds=LOOK_EVERY_SECONDS)
def landing(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """A run when files landed that were not there at the last look. Receipts trickle in all day: they have their own."""
    return _run_for(context, landed(without=RECEIPTS), "nothing new landed")


@dg.sensor(name="receipts", job=graph_job, minimum_interval_seconds=RECEIPTS_EVERY_SECONDS)
def receipts(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """A run when vendors told what became of messages, at most every quarter of an hour."""
    return _run_for(context, landed(only=RECEIPTS), "no vendor told anything new")


HOT = "hot"
HOT_EVERY_SECONDS, HOT_FOR_SECONDS = 15, 3600


class HotRuns(dg.Config):
    """How often, and for how long one process stays at it: starting one costs as much as several hot runs."""

    every_seconds: float = HOT_EVERY_SECONDS
    lasting_seconds: float = HOT_FOR_SECONDS


@dg.op(description="Events, consents, journeys and delivery, every few seconds. Whole runs go first.")
def stay_hot(context: dg.OpExecutionContext, config: HotRuns) -> None:
    settings = load_settings()
    for done in hot_runs(settings, system_clock(settings), config.every_seconds, config.lasting_seconds):
        context.log.info(str(done.summary()["stage_seconds"]))
        sent = done.stages["delivered"]["accepted"]
        if sent:
            context.log_event(dg.AssetObservation(keys.DELIVERED, metadata={"accepted": sent}))


@dg.job(name=HOT, description="What events set off leaves within a minute, between two whole runs.")
def hot_job() -> None:
    stay_hot()


@dg.sensor(name=HOT, job=hot_job, minimum_interval_seconds=HOT_EVERY_SECONDS)
def hot(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Keeps one process at it."""
    filters = dg.RunsFilter(job_name=HOT, statuses=list(AT_WORK))
    if context.instance.get_runs_count(filters):
        return dg.SkipReason("one is at it")
    return dg.RunRequest()


def _run_for(context: dg.SensorEvaluationContext, seen: str, otherwise: str) -> dg.RunRequest | dg.SkipReason:
    if seen == (context.cursor or ""):
        return dg.SkipReason(otherwise)
    context.update_cursor(seen)
    return dg.RunRequest(run_key=seen)


def landed(only: frozenset[str] = frozenset(), without: frozenset[str] = frozenset()) -> str:
    """A mark that changes when anything of these sources is appended: the newest segment, how many there are, their
    bytes."""
    found = sorted(Home(load_settings().home).landing.glob("*/*"))
    files = [
        each for each in found if each.parent.name not in without and (not only or each.parent.name in only)
    ]
    size = sum(file.stat().st_size for file in files)
    return f"{files[-1].parent.name}/{files[-1].stem}:{len(files)}:{size}" if files else ""
