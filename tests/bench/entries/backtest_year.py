"""`backtest_year`: a year of ten million events, one journey, in slices, beside the live runs of the same year.

The live runs go day by day over a sample of days, and their seconds are scaled to the year. Over the sample a backtest
must tell the same rows as they did.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from activation.journeys.backtest import backtest, load_rehearsal
from activation.journeys.planning import plan
from kith.clock import FixedClock
from kith.init import initialise
from kith.lake import Home
from kith.run import begin_run, publish_run
from kith.snapshot import RUN, current_snapshot
from kith.time_zones import lay_time_zones
from tests.bench.frame import Entry
from tests.bench.journey_year import BEGIN, END, lay_definitions, lay_year, year_settings

EVENTS, PEOPLE = 10_000_000, 1_000_000
DAY = timedelta(days=1)
FROM, DAYS = BEGIN + 180 * DAY, 4
_TOLD = """
    SELECT string_agg(enrolment_id || node_id || label || to_node_id || "at", ',' ORDER BY enrolment_id, depth) AS rows
    FROM read_parquet('{files}') WHERE "at" < TIMESTAMP '{until:%Y-%m-%d}'
"""


def prepare(folder: Path) -> None:
    lay_year(folder / "past", EVENTS, PEOPLE)


def reset(folder: Path) -> None:
    shutil.rmtree(folder / "live", ignore_errors=True)
    shutil.rmtree(folder / "log", ignore_errors=True)


def ours(folder: Path) -> Mapping[str, Any]:
    """a backtest of the whole year in slices"""
    settings = year_settings(folder / "past")
    rehearsal = load_rehearsal(settings, settings.definitions / "journeys" / "cart_back.yml")
    found = backtest(settings, rehearsal, BEGIN, END)
    return {"entrants": found.entrants, "planned": found.planned, "sent": found.sent}


def baseline(folder: Path) -> Mapping[str, Any]:
    """live runs of four days, a run a day, scaled to the year"""
    tables = _tables(folder)
    begun = time.perf_counter()
    _live_runs(folder / "live", tables)
    elapsed = time.perf_counter() - begun
    return {"apart_seconds": -elapsed * ((END - BEGIN) / DAY / DAYS - 1)}


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """What happened in the sample of days, as one digest."""
    if side == "baseline":
        return {**result, "digest": _digest(folder / "live" / "home" / "lake" / "journeys")}
    settings = year_settings(folder / "past")
    rehearsal = load_rehearsal(settings, settings.definitions / "journeys" / "cart_back.yml")
    backtest(settings, rehearsal, FROM, FROM + DAYS * DAY, folder / "log")
    return {**result, "digest": _digest(folder / "log")}


def _tables(folder: Path) -> list[Path]:
    snapshot = current_snapshot(Home(year_settings(folder / "past").home))
    assert snapshot is not None
    return list(snapshot.tables().values())


def _live_runs(folder: Path, tables: list[Path]) -> None:
    """The first run lets nobody in: it is the moment from which on the journey is live."""
    settings = year_settings(folder)
    initialise(settings)
    lay_time_zones(Home(settings.home))
    lay_definitions(settings)
    for day in range(DAYS + 1):
        as_of = FROM + day * DAY
        run = begin_run(settings, FixedClock(as_of), as_of)
        for table in tables:
            if table.stem != RUN:
                os.link(table, run.path / table.name)
        plan(settings, run)
        publish_run(settings, run)


def _digest(log: Path) -> str:
    sql = _TOLD.format(files=f"{log}/*/transitions.parquet", until=FROM + DAYS * DAY)
    with duckdb.connect() as connection:
        row = connection.execute(sql).fetchone()
    assert row
    assert row[0]
    return hashlib.sha256(row[0].encode()).hexdigest()


ENTRY = Entry(
    name="backtest_year",
    work=f"{EVENTS:,} events of {PEOPLE:,} people over a year, one journey of six steps, in slices",
    prepare=prepare,
    reset=reset,
    ours=ours,
    baseline=baseline,
    tell=tell,
    agree=lambda ours, baseline: ours["digest"] == baseline["digest"],
    further=lambda ours, baseline: {
        "aim_seconds": 60,
        "most_mb": 3000,
        **{name: ours[name] for name in ("entrants", "planned", "sent")},
    },
    rounds=1,
)
