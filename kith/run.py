"""A run of the graph: its `as_of`, its folder, its warehouse.

A run at `as_of` sees what has `effective_at` or falls due before that instant, and nothing later. A run that
looks further back than the last published one is a replay: it builds in a throw-away warehouse, its snapshot
is kept apart, the pointer does not move and nothing is delivered.

A hot run lies between two whole ones: it renews few tables, borrows the others from the last snapshot, and moves no
pointer. What it decided is decided, so later runs go on from its `as_of`.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from kith.clock import Clock
from kith.durable import write_durably
from kith.lake import Commit, Home, commits, latest_commit
from kith.settings import Settings
from kith.snapshot import RUN, Snapshot, current_snapshot, point_to
from kith.time_zones import lay_time_zones
from kith.times import format_instant, parse_instant, to_utc_naive

_TIMESTAMP = pa.timestamp("us")
RUN_SCHEMA = pa.schema(
    [("run_id", pa.string()), ("as_of", _TIMESTAMP), ("previous_as_of", _TIMESTAMP), ("zone", pa.string())]
)
#: Below the hot folder: the `as_of` of the last hot run.
_DECIDED = "AS_OF"
#: Below it too: the events that hot runs have in common; a whole run that erased somebody leaves none.
HOT_EVENTS = "base.parquet"
_RUN_NAME = re.compile(r"^(\d{6})-")


@dataclass(frozen=True)
class Run:
    """What every stage of one run is handed."""

    run_id: str
    as_of: datetime
    previous_as_of: datetime | None
    is_replay: bool
    path: Path
    warehouse: Path

    @property
    def snapshot(self) -> Snapshot:
        """The run's own folder, read like any other snapshot before the pointer moves."""
        return Snapshot(self.run_id, self.path)

    def home(self, settings: Settings) -> Home:
        """Where this run commits: KITH_HOME, or a replay's own folder, since a replay changes nothing outside it."""
        return Home(self.path.parent) if self.is_replay else Home(settings.home)

    def previous_commit(self, settings: Settings, room: str) -> Commit | None:
        """The last commit of a room whose commits tell their `as_of`; a replay knows only what its instant had."""
        home, moment = Home(settings.home), format_instant(self.as_of)
        if not self.is_replay:
            return latest_commit(home, room)
        known = [each for each in commits(home, room) if each.meta["as_of"] <= moment]
        return known[-1] if known else None


def begin_run(settings: Settings, clock: Clock, as_of: datetime | None = None) -> Run:
    """Open a run. Without `as_of` it is the clock less L: by then all that happened before has landed.

    The time zones in the lake are brought up to the database that this machine has; a replay takes them as
    they are.
    """
    home = Home(settings.home)
    previous = _decided_until(home)
    moment = as_of or clock.now() - settings.lateness
    is_replay = previous is not None and moment < previous
    if not is_replay:
        lay_time_zones(home)
    run = _lay_out(home, moment, previous, is_replay)
    _describe(run, settings.zone)
    return run


def begin_hot_run(settings: Settings, clock: Clock) -> Run | None:
    """Open a hot run at the clock less L; None before the first published run, and if a run looked as far."""
    home, moment = Home(settings.home), clock.now() - settings.lateness
    previous = _decided_until(home)
    if previous is None or moment <= previous:
        return None
    run_id = f"hot-{moment:%Y%m%dT%H%M%S%fZ}"
    for left in home.hot.glob("*/"):
        shutil.rmtree(left)
    (home.hot / run_id).mkdir(parents=True)
    run = Run(run_id, moment, previous, False, home.hot / run_id, home.warehouse)
    _describe(run, settings.zone)
    return run


def borrow_tables(settings: Settings, run: Run) -> int:
    """Link what a hot run did not renew from the last published snapshot; answers how many tables."""
    present = current_snapshot(Home(settings.home))
    own = run.snapshot.tables()
    borrowed = {name: path for name, path in (present.tables() if present else {}).items() if name not in own}
    for path in borrowed.values():
        for file in [path] if path.is_file() else sorted(path.rglob("*.parquet")):
            linked = run.path / path.name / file.relative_to(path) if path.is_dir() else run.path / path.name
            linked.parent.mkdir(parents=True, exist_ok=True)
            os.link(file, linked)
    return len(borrowed)


def close_hot_run(settings: Settings, run: Run) -> None:
    """Later runs go on from here, and nobody reads its tables any more. One that died is as if it had never been."""
    write_durably(Home(settings.home).hot / _DECIDED, format_instant(run.as_of).encode())
    shutil.rmtree(run.path)


def publish_run(settings: Settings, run: Run) -> None:
    """The pointer moves to this run, unless it is a replay."""
    if not run.is_replay:
        home = Home(settings.home)
        point_to(home, run.run_id, settings.snapshots_kept)
        (home.hot / HOT_EVENTS).unlink(missing_ok=True)


def read_run(settings: Settings, run_id: str) -> Run:
    """A run that was begun in another process."""
    home = Home(settings.home)
    for base, is_replay in ((home.published / run_id, False), (home.replays / run_id / "published", True)):
        if (base / f"{RUN}.parquet").exists():
            row = pq.read_table(base / f"{RUN}.parquet").to_pylist()[0]
            snapshot = Snapshot(run_id, base)
            previous = row["previous_as_of"]
            warehouse = home.replays / run_id / "warehouse.duckdb" if is_replay else home.warehouse
            previous_at = None if previous is None else previous.replace(tzinfo=snapshot.as_of.tzinfo)
            return Run(run_id, snapshot.as_of, previous_at, is_replay, base, warehouse)
    raise FileNotFoundError(run_id)


def _decided_until(home: Home) -> datetime | None:
    """The latest instant that a run looked from: the published one's, or a hot one's after it."""
    present = current_snapshot(home)
    known = [present.as_of] if present else []
    with suppress(FileNotFoundError):
        known.append(parse_instant((home.hot / _DECIDED).read_text(encoding="ascii")))
    return max(known, default=None)


def _lay_out(home: Home, as_of: datetime, previous: datetime | None, is_replay: bool) -> Run:
    home.published.mkdir(parents=True, exist_ok=True)
    run_id = f"{_next_number(home):06d}-{as_of:%Y%m%dT%H%M%SZ}"
    base = home.replays / run_id if is_replay else home.published
    path = base / "published" if is_replay else base / run_id
    path.mkdir(parents=True)
    warehouse = base / "warehouse.duckdb" if is_replay else home.warehouse
    return Run(run_id, as_of, None if is_replay else previous, is_replay, path, warehouse)


def _next_number(home: Home) -> int:
    folders = [*home.published.iterdir(), *(home.replays.iterdir() if home.replays.is_dir() else [])]
    numbers = [int(match[1]) for folder in folders if (match := _RUN_NAME.match(folder.name))]
    return max(numbers, default=0) + 1


def _describe(run: Run, zone: str) -> None:
    previous = to_utc_naive(run.previous_as_of) if run.previous_as_of else None
    row = {"run_id": run.run_id, "as_of": to_utc_naive(run.as_of), "previous_as_of": previous, "zone": zone}
    pq.write_table(pa.Table.from_pylist([row], schema=RUN_SCHEMA), run.path / f"{RUN}.parquet")


def drop_replay(settings: Settings, run: Run) -> None:
    """Throw a replay's warehouse away; its snapshot stays for `kith query --run`."""
    if run.is_replay:
        run.warehouse.unlink(missing_ok=True)
        shutil.rmtree(run.warehouse.with_suffix(".duckdb.wal"), ignore_errors=True)
