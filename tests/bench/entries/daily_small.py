"""`daily_small`: the whole graph at launch of the demo world, through Dagster, against the bare floors of its stages."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from tests.bench.demo_world import WORK, copy_home, enter, mail_sink, make_world, set_clock
from tests.bench.floors import bitsets, features, identity, predict, read_dedup, render, sessions
from tests.bench.frame import Entry

MESSAGES = 1_000


def prepare(folder: Path) -> None:
    """The world once as it landed (for ours), once compacted (for the floors)."""
    make_world(folder / "pristine")
    set_clock(folder / "pristine")
    copy_home(folder / "pristine", folder / "compacted")
    settings = enter(folder / "compacted")
    from ingestion.compaction import compact
    from kith.clock import system_clock
    from kith.run import begin_run

    compact(settings, begin_run(settings, system_clock(settings)))


def load() -> None:
    """What a process imports before its first run."""
    import great_expectations  # noqa: F401
    import mlflow.sklearn  # noqa: F401
    import sklearn.ensemble  # noqa: F401


def reset(folder: Path) -> None:
    copy_home(folder / "pristine", folder / "home")


def ours(folder: Path) -> Mapping[str, Any]:
    """kith run"""
    sink, port = mail_sink(folder / "mail.jsonl")
    try:
        settings = enter(folder / "home", port)
        from dagster_project.commands import materialise
        from kith.lake import Home
        from kith.snapshot import current_snapshot

        result = materialise(settings, "", None)
        present = current_snapshot(Home(settings.home))
    finally:
        sink.kill()
    stages = {
        event.step_key: round(event.step_success_data.duration_ms / 1000, 3)
        for event in result.all_events
        if event.is_step_success
    }
    events = (
        sum(pq.read_metadata(file).num_rows for file in present.path.glob("events*/**/*.parquet"))
        if present
        else 0
    )
    if present and present.table("events").is_file():
        events = pq.read_metadata(present.table("events")).num_rows
    return {"events": events, "stages": stages}


def baseline(folder: Path) -> Mapping[str, Any]:
    """bare floors: read + dedup, sessions, identity, features, fit + predict, bitsets, render"""
    connection = duckdb.connect(config={"threads": 2})
    stages: dict[str, float] = {}
    found: dict[str, Any] = {}

    def floor(name: str, answer: Any) -> None:
        stages[name] = round(time.perf_counter() - started, 3)
        found[name] = answer

    started = time.perf_counter()
    floor("read_dedup", read_dedup.run(connection, f"{folder}/compacted/lake/events/*/*/*.parquet"))
    started = time.perf_counter()
    floor("sessions", sessions.run(connection))
    started = time.perf_counter()
    floor("identity", identity.run(connection))
    started = time.perf_counter()
    floor("features", features.run(connection))
    started = time.perf_counter()
    floor("predict", predict.run(connection))
    started = time.perf_counter()
    floor("bitsets", bitsets.run(connection, found["predict"]))
    started = time.perf_counter()
    floor("render", render.run(MESSAGES))
    return {"events": found["read_dedup"], "stages": stages}


ENTRY = Entry(
    name="daily_small",
    work=f"{WORK}: one run of the whole graph",
    prepare=prepare,
    load=load,
    reset=reset,
    ours=ours,
    baseline=baseline,
    agree=lambda one, other: one["events"] == other["events"],
    further=lambda one, other: {
        "events": one["events"],
        "seconds_by_stage": one["stages"],
        "floor_seconds_by_stage": other["stages"],
    },
)
