"""One engine for SQLite here and PostgreSQL by URL.

SQLite runs with WAL, synchronous FULL and a busy timeout; every transaction of `begin()` starts with BEGIN
IMMEDIATE, so two writers wait for one another instead of failing half-way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text

from kith.settings import Settings

BUSY_SECONDS = 30


class StateDatabase:
    """An open, migrated database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, settings: Settings) -> StateDatabase:
        """Open the database of the settings; bring it to the newest schema where it is older."""
        database = cls(make_engine(settings.state_url))
        database.migrate()
        return database

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write: committed at the end of the block, rolled back by an exception."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading."""
        with self.engine.connect().execution_options(read_only=True) as connection:
            yield connection

    def migrate(self) -> None:
        """Apply the migrations that are missing. Alembic is imported only where there are any."""
        from kith.state.revisions import newest_revisions, upgrade

        if self._revisions() != newest_revisions():
            upgrade(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    def _revisions(self) -> frozenset[str]:
        if not inspect(self.engine).has_table("alembic_version"):
            return frozenset()
        with self.read() as connection:
            return frozenset(
                row[0] for row in connection.execute(text("SELECT version_num FROM alembic_version"))
            )


def make_engine(url: str) -> Engine:
    """The engine with the house's pragmas."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _pragmas)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _pragmas(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN is deferred; ours is IMMEDIATE
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "cache_size = -65536",  # 64 MB: the indexes of a million messages, instead of a read for each of them
        "wal_autocheckpoint = 8000",  # pages: what is written several times is copied back once
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    reading = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
