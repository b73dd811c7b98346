"""A sandbox world with the platform beside it, lived a run at a time within this process.

The stages are those of a whole run, but for what journeys don't need (models, reports, syncs). Mail, texts and pushes go
to the sandbox's vendors, links lead to a `kith serve` of its own, and people answer.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from activation.attributes.evaluation import evaluate as evaluate_attributes
from activation.delivery.export import export_ledger
from activation.delivery.worker import deliver
from activation.journeys.effects import land_effects
from activation.journeys.planning import PlanCounts, plan
from activation.segments.evaluation import evaluate as evaluate_segments
from identity.resolution import resolve
from ingestion.compaction import compact
from kith.clock import VirtualClock
from kith.lake import Home
from kith.run import Run, begin_run, borrow_tables, publish_run
from kith.settings import PROJECT, Settings, load_settings
from measurement.lift import measure
from measurement.winners import decide_winners
from sandbox.loop import Loop, closed_loop
from sandbox.making import make_world
from sandbox.platform import Platform, free_port
from sandbox.settings import load_sandbox_settings

AFTER_THE_HOUR = timedelta(seconds=30)
#: Every so many runs all is built anew; between them what messages are decided by.
WHOLE_EVERY = 5
HOT_TABLES = (
    *("events", "identities", "profile_aliases", "consents"),
    *("consent_history", "addresses", "profile_traits", "profiles"),
)


@dataclass
class Days:
    """`counts` holds what each run planned; `consents` the hidden truth of who agreed to what, at each run."""

    settings: Settings
    loop: Loop
    run: Run | None = None
    counts: list[PlanCounts] = field(default_factory=list)
    consents: list[tuple[datetime, np.ndarray]] = field(default_factory=list)

    def live_until(self, moment: datetime) -> Run:
        """People live and answer until then; a run takes it in, decides and delivers."""
        self.loop.advance(moment)
        self.consents.append((moment, self.loop.world.state.consent.copy()))
        settings, clock = self.settings, self.loop.clock
        run = self.run = begin_run(settings, clock)
        compact(settings, run)
        resolve(settings, run)
        self._build(run)
        evaluate_attributes(settings, run)
        evaluate_segments(settings, run)
        decide_winners(settings, run)
        self.counts.append(plan(settings, run))
        land_effects(settings, run, clock)
        deliver(settings, clock)
        export_ledger(settings, run)
        publish_run(settings, run)
        return run

    def _build(self, run: Run) -> None:
        """All of the warehouse that a run has before segments; on most days only what journeys decide by."""
        from dagster_project.dbt_runner import build, failures

        untested, is_whole = ("unit_test", "test"), len(self.counts) % WHOLE_EVERY == 0
        select = "tag:core" if is_whole else "+tag:hot +profiles"
        assert not failures(build(self.settings, run, select, without=untested, is_exported=is_whole))
        if not is_whole:
            with duckdb.connect(str(run.warehouse), read_only=True) as warehouse:
                for table in HOT_TABLES:
                    warehouse.execute(f"COPY {table} TO '{run.path}/{table}.parquet'")
            borrow_tables(self.settings, run)

    def measure(self) -> None:
        assert self.run
        measure(self.settings, self.run)


def live_definitions(folder: Path, names: Sequence[str], more: Path | None = None) -> Path:
    """The project's definitions with these journeys and campaigns live, and files of one's own beside them."""
    shutil.copytree(PROJECT / "activation" / "definitions", folder)
    for kind in ("journeys", "campaigns"):
        for path in (folder / kind).glob("*.yml"):
            text = path.read_text(encoding="utf-8")
            state = "live" if path.stem in names else "draft"
            path.write_text(re.sub(r"(?m)^state: \w+$", f"state: {state}", text), encoding="utf-8")
    if more is not None:
        shutil.copytree(more, folder, dirs_exist_ok=True)
    return folder


@contextmanager
def open_days(folder: Path, definitions: Path, patch: pytest.MonkeyPatch, **shape: object) -> Iterator[Days]:
    """A new world under `folder`, lived up to its launch."""
    patch.setenv("KITH_HOME", str(folder / "data"))
    patch.setenv("SANDBOX_HOME", str(folder / "sandbox"))
    patch.setenv("KITH_DEFINITIONS", str(definitions))
    patch.setenv("DBT_TARGET_PATH", str(folder / "dbt"))
    patch.setenv("DBT_LOG_PATH", str(folder / "dbt"))
    sandbox = load_sandbox_settings(smtp_port=0, **shape)
    make_world(sandbox)
    home = Home(load_settings().home)
    port = free_port(0)
    with closed_loop(sandbox, home, VirtualClock(home.root / "clock"), f"http://127.0.0.1:{port}") as loop:
        vendors = loop.vendor_settings(home)
        platform = Platform(home.root, sandbox.smtp_host, loop.server.port, port, vendors=vendors)
        for name, value in platform.environment().items():
            patch.setenv(name, value)
        with platform.serving():
            yield Days(load_settings(), loop)


def daily(launch: datetime, days: int) -> list[datetime]:
    """The runs: one at launch, then one a day."""
    return [launch + AFTER_THE_HOUR + timedelta(days=day) for day in range(days + 1)]
