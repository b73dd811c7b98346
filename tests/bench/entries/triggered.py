"""`triggered`: from landing to SMTP acceptance on the demo world at wall speed, 95 of a hundred within a minute.

`seconds` are those within which 95 of a hundred mails were taken; the other side is the minute that they have.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kith.settings import export_environment
from tests.bench.demo_world import WORK, enter, mail_sink, make_world, set_clock
from tests.bench.frame import Entry
from tests.bench.triggered_stream import LATENESS, TICK, Stream, WallSpeed, hot_runs, lay_definitions

STREAMED, PATIENCE, MINUTE = 240, 180, 60.0


def prepare(folder: Path) -> None:
    """The world, and the whole run that each morning makes."""
    make_world(folder / "home")
    set_clock(folder / "home")
    lay_definitions(folder / "definitions")
    sink, port = mail_sink(folder / "morning.jsonl")
    try:
        export_environment(KITH_DEFINITIONS=str(folder / "definitions"))
        settings = enter(folder / "home", port)
        from dagster_project.commands import materialise

        materialise(settings, "", '+key:"published/snapshot/pointer"')
    finally:
        sink.kill()
        sink.wait()


def ours(folder: Path) -> Mapping[str, Any]:
    """kith run --hot --every 15s"""
    begun = time.perf_counter()
    taken, landed, runs = observe(folder / "home", folder / "definitions", folder)
    waits = sorted(taken[address] - at for address, at in landed.items() if address in taken)
    p95 = waits[int(len(waits) * 0.95)] if waits else float("inf")
    stages = [run["stage_seconds"] for run in runs]
    return {
        "events": len(landed),
        "mails": len(waits),
        "withheld": sum(sum(run["planned"]["withheld"].values()) for run in runs),
        "median_seconds": round(statistics.median(waits), 2) if waits else None,
        "slowest_seconds": round(waits[-1], 2) if waits else None,
        "runs": len(runs),
        "run_seconds": statistics.median(run["seconds"] for run in runs),
        "seconds_by_stage": {name: statistics.median(each[name] for each in stages) for name in stages[0]},
        "apart_seconds": time.perf_counter() - begun - p95,
    }


def observe(
    home: Path, definitions: Path, folder: Path, streamed: int = STREAMED
) -> tuple[dict[str, float], dict[str, float], list[dict[str, Any]]]:
    """When each address was mailed, when its line had landed, and what each run told."""
    sink = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.triggered_sink", str(folder / "mail.jsonl")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert sink.stdout is not None
    port, clock, log = int(sink.stdout.readline()), WallSpeed(home), folder / "runs.jsonl"
    try:
        with clock.running(), hot_runs(home, definitions, port, log) as child:
            _wait(lambda: _lines(log) != [] or child.poll() is not None)
            stream = Stream(home, clock)
            stream.run(streamed)
            _wait(lambda: stream.landed.keys() <= _taken(folder).keys() or child.poll() is not None)
    finally:
        sink.kill()
        sink.wait()
    return _taken(folder), stream.landed, _lines(log)[1:]


def _taken(folder: Path) -> dict[str, float]:
    return {line["recipient"]: line["at"] for line in _lines(folder / "mail.jsonl")}


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


def _wait(until: Any) -> None:
    patience = time.monotonic() + PATIENCE
    while not until() and time.monotonic() < patience:
        time.sleep(0.5)


def baseline(folder: Path) -> Mapping[str, Any]:
    """a minute from landing to the mail server's yes"""
    return {"apart_seconds": -MINUTE}


ENTRY = Entry(
    name="triggered",
    work=f"{WORK}; {STREAMED} events in {STREAMED} seconds, a run every {TICK}, L = {LATENESS} s",
    prepare=prepare,
    ours=ours,
    baseline=baseline,
    target=1.0,
    agree=lambda ours, baseline: ours["mails"] + ours["withheld"] >= ours["events"] > 0,
    further=lambda ours, baseline: {
        name: ours[name]
        for name in (
            "events", "mails", "withheld", "median_seconds", "slowest_seconds", "runs", "run_seconds", "seconds_by_stage"
        )
    },
    rounds=1,
)  # fmt: skip
