"""The landing log: what arrives is on the disk before the caller hears yes.

Each writer appends to a segment of its own. Anyone may seal: the segment is renamed under its lock, and the
writer's next append finds that out and opens a new one. So whatever was received up to a moment can be sealed
from outside, whoever wrote it and whether or not that process still lives.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from kith.clock import Clock
from kith.durable import sync_folder
from kith.errors import KithError
from kith.lake.home import Home
from kith.landing.segment import OPEN, SEALED, frame

_SOURCE = re.compile(r"^[a-z][a-z0-9_]*$")


class LandingLog:
    """One writer of one source. Safe between threads."""

    def __init__(self, home: Home, source: str, clock: Clock) -> None:
        if not _SOURCE.match(source):
            raise KithError(f"'{source}' is no name of a source", expected="lower-case letters, digits and _")
        self.folder = home.landing / source
        self.source, self.clock = source, clock
        self._writer = uuid4().hex[:12]
        self._turn = threading.Lock()
        self._file: int | None = None
        self._path = Path()

    def append(self, lines: Sequence[bytes], received_at: datetime | None = None) -> str:
        """Land lines as one batch and answer its id. They are durable when this returns.

        Without `received_at` the clock is read under the segment's lock, so that sealing up to an instant
        leaves nothing behind that was received before it.
        """
        batch_id = uuid4().hex
        with self._turn:
            file = self._locked_segment()
            try:
                received = received_at or self.clock.now()
                _write(file, frame(batch_id, self.source, received, lines))
                os.fdatasync(file)
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)
        return batch_id

    def close(self) -> None:
        """Let go of the open segment; it stays where it is until somebody seals it."""
        with self._turn:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _locked_segment(self) -> int:
        while True:
            file = self._file if self._file is not None else self._open()
            fcntl.flock(file, fcntl.LOCK_EX)
            if _still_there(file, self._path):
                return file
            os.close(file)
            self._file = None

    def _open(self) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path = self.folder / f"{_next_number(self.folder):010d}-{self._writer}{OPEN}"
        self._file = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o640)
        sync_folder(self.folder)
        return self._file


def seal_all(home: Home) -> int:
    """Seal every open segment of every source; answers how many."""
    open_segments = sorted(home.landing.glob(f"*/*{OPEN}"))
    for path in open_segments:
        _seal(path)
    return len(open_segments)


def sealed_segments(home: Home) -> list[Path]:
    """All sealed segments, by source and in order of opening."""
    return sorted(home.landing.glob(f"*/*{SEALED}"))


def _seal(path: Path) -> None:
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # somebody else sealed it meanwhile
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        if _still_there(file, path):
            path.rename(path.with_suffix(SEALED))
            sync_folder(path.parent)
    finally:
        os.close(file)


def _still_there(file: int, path: Path) -> bool:
    try:
        return os.fstat(file).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


def _next_number(folder: Path) -> int:
    numbers = [int(entry.name[:10]) for entry in folder.iterdir() if entry.name[:10].isdigit()]
    return max(numbers, default=0) + 1


def _write(file: int, content: bytes) -> None:
    """All of it: a write() may take less than it was given. A full disk is an error, never a yes."""
    view = memoryview(content)
    start = os.fstat(file).st_size
    try:
        while view:
            view = view[os.write(file, view) :]
    except OSError:
        os.ftruncate(file, start)
        raise
