"""What every asset is handed: the settings, the clock, and the run that this materialisation belongs to."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import dagster as dg
from pydantic import PrivateAttr

from dagster_project.exclusion import GRAPH, take_turn
from kith.clock import Clock, system_clock
from kith.errors import KithError
from kith.init import initialise
from kith.lake import Home
from kith.run import Run, begin_run, read_run
from kith.settings import Settings, load_settings
from kith.snapshot import current_snapshot


class Graph(dg.ConfigurableResource):
    """One run of the graph at a time: a lock between processes is held from the first asset to the last."""

    _lock: int = PrivateAttr(default=-1)
    _run: Run | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        self._lock = take_turn(initialise(self.settings), GRAPH)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    @property
    def settings(self) -> Settings:
        return load_settings()

    @property
    def home(self) -> Home:
        return Home(self.settings.home)

    @property
    def clock(self) -> Clock:
        return system_clock(self.settings)

    def open_run(self, as_of: datetime | None) -> Run:
        """Begin the run that the later assets of this materialisation read."""
        self._run = begin_run(self.settings, self.clock, as_of)
        return self._run

    @property
    def run(self) -> Run:
        """The run opened here; where only some assets were selected, the last published one."""
        if self._run is None:
            present = current_snapshot(self.home)
            if present is None:
                raise KithError("nothing was published yet", way_out="materialise the whole graph first")
            self._run = read_run(self.settings, present.run_id)
        return self._run


@contextmanager
def announced(stage: str) -> Iterator[None]:
    """Tell on standard error that a stage began and how long it took."""
    started = time.perf_counter()
    print(f"  {stage:<28}", end="", file=sys.stderr, flush=True)
    try:
        yield
    except BaseException:
        print(" failed", file=sys.stderr, flush=True)
        raise
    print(f" {time.perf_counter() - started:6.1f} s", file=sys.stderr, flush=True)
