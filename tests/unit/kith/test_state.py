"""The state database: migrated once, writers that take turns, an audit chain that shows tampering."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from kith.settings import Settings
from kith.state import StateDatabase
from kith.state.audit import first_broken, record

AT = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def database(settings: Settings) -> StateDatabase:
    return StateDatabase.open(settings)


def test_open__is_durable_and_migrated(database: StateDatabase) -> None:
    with database.read() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("SELECT count(*) FROM audit")).scalar() == 0


def test_begin__lets_writers_take_turns(settings: Settings) -> None:
    def write() -> None:
        database = StateDatabase.open(settings)
        for _ in range(10):
            with database.begin() as connection:
                count = connection.execute(text("SELECT count(*) FROM audit")).scalar()
                record(connection, AT, "me", "counted", str(count), {})

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with StateDatabase.open(settings).read() as connection:
        subjects = [
            int(row[0]) for row in connection.execute(text("SELECT subject FROM audit ORDER BY entry_id"))
        ]
        assert subjects == list(range(40))
        assert first_broken(connection) is None


@pytest.mark.parametrize(
    "change", ["UPDATE audit SET actor = 'you' WHERE entry_id = 2", "DELETE FROM audit WHERE entry_id = 2"]
)
def test_audit__shows_an_altered_or_missing_entry(database: StateDatabase, change: str) -> None:
    with database.begin() as connection:
        for number in range(3):
            record(connection, AT, "me", "did", str(number), {"n": number})
        assert first_broken(connection) is None
        connection.execute(text(change))
        assert first_broken(connection) in (2, 3)
