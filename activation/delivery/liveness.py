"""Whether a worker still lives, asked of the operating system or of PostgreSQL, never of a clock.

A lease that runs out needs a clock that moves; the sandbox's stands still between two days. So a worker
holds a lock for as long as it lives, and a killed one lets go of it at once: on SQLite (one machine) a file
lock, on PostgreSQL an advisory lock of a session of its own.
"""

import fcntl
import os
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import Connection

from kith.ids import bucket
from kith.lake import Home
from kith.state import StateDatabase


class Liveness(Protocol):
    """`name` is this worker's; it lives until `close`."""

    name: str

    def is_alive(self, worker: str) -> bool: ...

    def close(self) -> None: ...


def come_alive(database: StateDatabase, home: Home) -> Liveness:
    """Take a new name and hold its lock."""
    return _FileLocks(home) if database.is_sqlite else _AdvisoryLocks(database)


class _FileLocks:
    def __init__(self, home: Home) -> None:
        self.name = uuid4().hex
        self._folder = home.locks
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path(self.name), os.O_CREAT | os.O_RDWR, 0o640)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def is_alive(self, worker: str) -> bool:
        if worker == self.name:
            return True
        try:
            file = os.open(self._path(worker), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            self._path(worker).unlink(missing_ok=True)
            return False
        finally:
            os.close(file)

    def close(self) -> None:
        self._path(self.name).unlink(missing_ok=True)
        os.close(self._file)

    def _path(self, worker: str) -> Path:
        return self._folder / f"worker-{worker}"


class _AdvisoryLocks:
    def __init__(self, database: StateDatabase) -> None:
        self.name = uuid4().hex
        self._session: Connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._session.execute(sa.select(sa.func.pg_advisory_lock(*_key(self.name))))

    def is_alive(self, worker: str) -> bool:
        if worker == self.name:
            return True
        if not self._session.scalar(sa.select(sa.func.pg_try_advisory_lock(*_key(worker)))):
            return True
        self._session.execute(sa.select(sa.func.pg_advisory_unlock(*_key(worker))))
        return False

    def close(self) -> None:
        self._session.invalidate()
        self._session.close()


def _key(worker: str) -> tuple[sa.BindParameter[int], sa.BindParameter[int]]:
    """Two signed 32-bit numbers: PostgreSQL's own shape of an advisory key."""
    halves = (bucket(worker, "high") - 2**31, bucket(worker, "low") - 2**31)
    return sa.literal(halves[0], sa.Integer), sa.literal(halves[1], sa.Integer)
