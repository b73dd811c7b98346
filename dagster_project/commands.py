"""`kith run`: one run of the graph, through Dagster, in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import click

from kith.cli import Output, with_output
from kith.clock import Clock, system_clock
from kith.errors import KithError, UsageError
from kith.settings import Settings, load_settings

if TYPE_CHECKING:
    import dagster as dg

POLL_SECONDS = 0.05
NOTHING: tuple[Any, ...] = ("–", "", {}, [])


@click.command()
@click.option(
    "--as-of", help="Look from this instant instead of now; a bare date is its midnight in the zone."
)
@click.option("--select", help="Assets to materialise, in Dagster's selection syntax; all by default.")
@click.option(
    "--every", help="Stay, and run again each time this much has passed by the rim's clock: 1h, 1d."
)
@click.option("--times", type=click.IntRange(min=1), help="With --every: stop after so many runs.")
@click.option(
    "--hot", is_flag=True, help="Only what sets off messages: events, consents, journeys, delivery."
)
@with_output()
def run(
    out: Output, as_of: str | None, select: str | None, every: str | None, times: int | None, hot: bool
) -> int:
    """One run of the graph: compact, identity, warehouse, scores, segments, campaigns, delivery, reports.

    A run that looks further back than the last one is a replay: it is built apart and delivers nothing.
    With --every and --format json each run's summary is one line. `--hot --every 15s` sends what an event sets
    off within a minute, between two whole runs; where segments are due it is a whole run.
    """
    from kith.times import parse_duration, parse_instant

    settings = load_settings()
    if hot:
        if as_of or select:
            raise UsageError("--hot follows the clock", expected="--hot, with or without --every")
        return _run_hot(out, settings, parse_duration(every) if every else None, times)
    if as_of:
        parse_instant(as_of, settings.zone)  # a bad one is told before anything starts
    if not every:
        _run_once(out, settings, as_of or "", select)
        return 0
    if as_of:
        raise UsageError("--every follows the clock", expected="either --every or --as-of")
    pause = parse_duration(every)
    for _due in due_times(system_clock(settings), pause, times):
        _run_once(out, settings, "", select, is_line=True)
    return 0


def _run_hot(out: Output, settings: Settings, pause: timedelta | None, times: int | None) -> int:
    from dagster_project.exclusion import Busy
    from dagster_project.hot import WholeRunDue, take_hot_run, warm_up

    clock = system_clock(settings)
    if pause:
        warm_up()
    for _due in due_times(clock, pause or timedelta(0), times if pause else 1):
        started = time.perf_counter()
        try:
            done = take_hot_run(settings, clock)
        except WholeRunDue:
            _run_once(out, settings, "", None, is_line=bool(pause))
            continue
        except Busy:
            if not pause:
                raise
            continue  # a whole run decides and delivers all that this one would have
        if done is not None:
            _tell(out, done.summary(), started, is_line=bool(pause))
    return 0


def due_times(clock: Clock, pause: timedelta, times: int | None) -> Iterator[datetime]:
    """Now, and again each time `pause` has passed by the clock; sleeps in between."""
    due, count = clock.now(), 0
    while times is None or count < times:
        while clock.now() < due:
            time.sleep(POLL_SECONDS)
        yield due
        # What was missed is not made up for: one run decides all that fell due.
        due, count = max(due + pause, clock.now()), count + 1


def _run_once(out: Output, settings: Settings, as_of: str, select: str | None, is_line: bool = False) -> None:
    started = time.perf_counter()
    _tell(out, summarise(materialise(settings, as_of, select)), started, is_line)


def _tell(out: Output, summary: dict[str, Any], started: float, is_line: bool) -> None:
    summary["seconds"] = round(time.perf_counter() - started, 1)
    if out.is_json and is_line:
        out.line(summary)
    elif out.is_json:
        out.summary(summary)
    else:
        out.rows(_lines(summary), title=f"run {summary.get('opened', {}).get('run_id', '')}")


def materialise(settings: Settings, as_of: str, select: str | None) -> dg.ExecuteInProcessResult:
    """Run the job in this process, recorded in Dagster's own history. A failure is one sentence."""
    import dagster as dg

    from dagster_project.instance import prepare_instance

    prepare_instance(settings)
    from dagster_project.definitions import defs

    quiet_dagster()
    config: dict[str, Any] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    if not select:
        config["ops"] = {"run__graph__opened": {"config": {"as_of": as_of}}}
    with dg.DagsterInstance.get() as instance:
        result = defs.resolve_job_def("graph").execute_in_process(
            instance=instance,
            run_config=config,
            asset_selection=_selected(select) if select else None,
            raise_on_error=False,
        )
    _raise_failure(result)
    return result


def summarise(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """Each stage's counts by the last part of its asset's key; dbt's models are left out."""
    stages: dict[str, Any] = {}
    for event in result.all_events:
        if event.event_type_value != "ASSET_MATERIALIZATION" or event.asset_key is None:
            continue
        path = event.asset_key.path
        if path[0] != "warehouse" and event.partition is None:
            stages[path[-1]] = _without_pages(event.materialization.metadata)
    stages["stage_seconds"] = stage_seconds(result)
    return stages


def _without_pages(metadata: Mapping[str, dg.MetadataValue]) -> dict[str, Any]:
    """Counts and words; what is laid out for the UI (Markdown with plots) stays there."""
    import dagster as dg

    return {
        key: each.value for key, each in metadata.items() if not isinstance(each, dg.MarkdownMetadataValue)
    }


def stage_seconds(result: dg.ExecuteInProcessResult) -> dict[str, float]:
    """How long each stage took, by the last part of its asset's key; dbt's halves by their names."""
    return {
        (event.step_key or "").rpartition("__")[2]: round(event.step_success_data.duration_ms / 1000, 2)
        for event in result.all_events
        if event.is_step_success
    }


def quiet_dagster() -> None:
    """Dagster's own log lines would drown ours; its history keeps them all."""
    import logging
    import warnings

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module="dagster.*")


def _selected(select: str) -> Any:
    import dagster as dg

    from dagster_project.definitions import defs

    graph = defs.resolve_asset_graph()
    try:
        found = dg.AssetSelection.from_string(select).resolve(graph)
    except dg.DagsterError as error:
        raise KithError(
            f"--select {select}: {error}", expected="an asset selection such as key:*scored"
        ) from None
    if not found:
        raise KithError(f"--select {select} selects nothing", way_out="the Dagster UI lists the assets")
    return list(found)


def _raise_failure(result: dg.ExecuteInProcessResult) -> None:
    if result.success:
        return
    for event in result.all_events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            _raise_refusal(event)
    for event in result.all_events:
        if error := _error_of(event):
            message = error.message.strip().split("\n")[0].split(": ", 1)[-1]
            raise KithError(message, where=f"asset {event.step_key}" if event.step_key else None)
    raise KithError("the run failed", way_out="see the Dagster UI, `make up`")


def _raise_refusal(event: dg.DagsterEvent) -> None:
    verdict = event.asset_check_evaluation_data
    if not verdict.passed and verdict.check_name == "arrivals_judged":
        refused = ", ".join(map(str, cast("list[str]", verdict.metadata["refused"].value)))
        raise KithError(
            f"arrivals of {refused} were refused and are held",
            way_out="see 'kith held list'; the next run goes on without them",
        )


def _error_of(event: dg.DagsterEvent) -> Any:
    """The innermost cause of a failed step, of a resource that could not be set up, or of the run."""
    data: Any = event.event_specific_data
    error = getattr(data, "error", None)
    while error is not None and error.cause is not None:
        error = error.cause
    return error


def _lines(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """A line a stage for people: numbers short, long lists left to --format json."""
    return [{"stage": stage, "counts": _shown(values)} for stage, values in summary.items()]


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        kept = {
            key: each for key, each in value.items() if each not in NOTHING and not isinstance(each, list)
        }
        return ", ".join(f"{key} ({_shown(each)})" if isinstance(each, dict) else f"{key} {_shown(each)}"
                         for key, each in kept.items())  # fmt: skip
    return f"{value:.4g}" if isinstance(value, float) else str(value)
