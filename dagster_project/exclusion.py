"""One run at a time in a home, whoever asked for it: a lock between processes that dies with its holder."""

from __future__ import annotations

import fcntl
import os
import time

from kith.errors import KithError
from kith.lake import Home

GRAPH, HOT = "graph", "hot"
#: A hot run is over soon, and the next one lets whoever waits go first: it looks only each few seconds.
PATIENCE_SECONDS, LOOK_SECONDS = 300.0, 0.02


class Busy(KithError):
    """Another run is at work in this home."""


def take_turn(home: Home, kind: str) -> int:
    """Hold the lock until the answered handle is closed. A whole run waits for a hot one; nobody else waits."""
    home.locks.mkdir(parents=True, exist_ok=True)
    handle = os.open(home.locks / "graph", os.O_CREAT | os.O_RDWR, 0o640)
    patience = time.monotonic() + PATIENCE_SECONDS
    while not _is_taken(handle):
        if kind == HOT or _holder(handle) != HOT or time.monotonic() > patience:
            os.close(handle)
            raise Busy(
                "another run of the graph is at work", where=str(home.root), way_out="wait for it to end"
            )
        time.sleep(LOOK_SECONDS)
    os.ftruncate(handle, 0)
    os.pwrite(handle, kind.encode(), 0)
    return handle


def _is_taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(handle: int) -> str:
    return os.pread(handle, 16, 0).decode("ascii", errors="replace")
