"""Lands what arrives: the same landing log, the same batches, as any other input."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby

from kith.clock import Clock
from kith.lake import Home
from kith.landing import LandingLog
from sandbox.calendar import from_ms
from sandbox.lines import Arrival

WAITING_BATCHES = 4_000


class Feed:
    """One writer a source, each in a thread of its own: landing waits for the disk, not for a core.

    with Feed(home, clock) as feed:
        feed.land(arrivals)
    """

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home, self._clock = home, clock
        self._logs: dict[str, tuple[LandingLog, ThreadPoolExecutor]] = {}
        self._waiting: list[Future[str]] = []

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_failure: object) -> None:
        try:
            self.settle()
        finally:
            for log, thread in self._logs.values():
                thread.shutdown()
                log.close()

    def land(self, arrivals: Iterable[Arrival]) -> None:
        """One batch for each source and flush; `arrivals` are sorted by receipt and source."""
        for (received, source), batch in groupby(arrivals, key=lambda arrival: arrival[:2]):
            log, thread = self._logs.get(source) or self._open(source)
            lines = [arrival.line for arrival in batch]
            self._waiting.append(thread.submit(log.append, lines, from_ms(received)))
        if len(self._waiting) > WAITING_BATCHES:
            self.settle()

    def settle(self) -> None:
        """Return once everything is on the disk; the first failure is raised here."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.result()

    def _open(self, source: str) -> tuple[LandingLog, ThreadPoolExecutor]:
        pair = LandingLog(self._home, source, self._clock), ThreadPoolExecutor(1, f"land-{source}")
        self._logs[source] = pair
        return pair
