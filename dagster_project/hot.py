"""A hot run: what sets off messages within seconds, between two whole runs.

What landed becomes events, people and consents; journeys go on to the clock less L, and delivery hands over. Profiles,
scores, attributes and segments are those of the last whole run. Where the instant of a segment's evaluation has
come the hot run makes way for a whole one, because journeys may not pass it unevaluated.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dagster_project.exclusion import HOT, Busy, take_turn
from dagster_project.hot_tables import Renewal, renew_tables
from dagster_project.metadata import counts
from kith.clock import Clock
from kith.init import initialise
from kith.lake import Home
from kith.run import Run, begin_hot_run, borrow_tables, close_hot_run
from kith.settings import Settings
from kith.times import format_instant

Stage = tuple[str, Callable[[], Any]]


@dataclass
class HotRun:
    """What one hot run did: the counts and the seconds of each stage."""

    run_id: str
    as_of: datetime
    stages: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        opened = {"run_id": self.run_id, "as_of": format_instant(self.as_of)}
        return {"opened": opened, **self.stages, "stage_seconds": self.seconds}


class WholeRunDue(Exception):
    """Segments are to be evaluated first: nothing was done."""


def take_hot_run(settings: Settings, clock: Clock) -> HotRun | None:
    """One hot run; None if there is nothing to look at yet. Raises Busy, WholeRunDue or what a stage says."""
    home = initialise(settings)
    handle = take_turn(home, HOT)
    try:
        refuse_overdue(settings, home, clock)
        run = begin_hot_run(settings, clock)
        if run is None:
            return None
        done = HotRun(run.run_id, run.as_of)
        for name, stage in _stages(settings, run, clock):
            begun = time.perf_counter()
            done.stages[name] = counts(stage())
            done.seconds[name] = round(time.perf_counter() - begun, 3)
        close_hot_run(settings, run)
        return done
    finally:
        os.close(handle)


def warm_up() -> None:
    """What the first run that finds something would load first: the judge of arrivals."""
    import great_expectations  # noqa: F401


def hot_runs(settings: Settings, clock: Clock, every: float, lasting: float) -> Iterator[HotRun]:
    """Hot runs each so many seconds of the wall, for so many. Ends early where a whole run is due, which somebody
    else starts; while one is at work it waits."""
    warm_up()
    begun = due = time.monotonic()
    while due < begun + lasting:
        time.sleep(max(due - time.monotonic(), 0))
        try:
            done = take_hot_run(settings, clock)
        except WholeRunDue:
            return
        except Busy:
            done = None
        if done is not None:
            yield done
        due = max(due + every, time.monotonic())


def refuse_overdue(settings: Settings, home: Home, clock: Clock) -> None:
    """WholeRunDue where an evaluation falls into what this run would decide."""
    from activation.segments.evaluation import is_due
    from kith.snapshot import current_snapshot

    if current_snapshot(home) is None or is_due(settings, clock.now() - settings.lateness):
        raise WholeRunDue


def _stages(settings: Settings, run: Run, clock: Clock) -> Iterator[Stage]:
    from activation.delivery.export import export_ledger
    from activation.delivery.worker import deliver
    from activation.journeys.effects import land_effects
    from activation.journeys.planning import plan
    from identity.resolution import resolve
    from ingestion.compaction import compact
    from measurement.winners import decide_winners

    yield "compacted", lambda: compact(settings, run)
    yield "resolved", lambda: resolve(settings, run)
    yield "dbt_hot", lambda: _renew(settings, run)
    yield "winners", lambda: decide_winners(settings, run)
    yield "planned", lambda: plan(settings, run)
    yield "delivered", lambda: deliver(settings, clock, until_empty=True)
    yield "caused", lambda: land_effects(settings, run, clock)
    yield "exported", lambda: export_ledger(settings, run)


def _renew(settings: Settings, run: Run) -> Renewal:
    renewed = renew_tables(settings, run)
    borrow_tables(settings, run)
    return renewed
