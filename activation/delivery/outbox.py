"""From the lake's outbox into the ledger: every `send` row once, refusals never."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from activation.contract import Decision, Outcome
from activation.delivery.bulk import insert_rows, stored
from activation.delivery.consent_feed import read_cursor, write_cursor
from activation.delivery.schema import LEDGER
from kith.lake import Commit, Home, commits
from kith.state import StateDatabase

_CURSOR, _PART = "outbox", "outbox_part"
_WINDOW, _BATCH = 100_000, 10_000
_COPIED = (
    *("message_id", "journey", "journey_version", "step_id", "enrolment_id", "profile_id", "channel"),
    *("purpose", "template", "template_version", "address", "identifiers", "locale", "variables"),
)
_INSTANTS = ("decided_at", "not_after")
_LOADED = (*_COPIED, *_INSTANTS, "is_transactional", "lifted")
#: Read besides: who may leave, and when at the earliest.
_ASKED = ("decision", "release_at")
_FRESH = (
    *_LOADED,
    "due_at",
    "lane",
    "state",
    "attempts",
    "is_uncertain",
    "outcome",
    "reason",
    "detail",
    "loaded_at",
)


def load_outbox(database: StateDatabase, home: Home, now: datetime) -> int:
    """Take in the outbox of every tick not read yet. Answers how many messages were new to the ledger.

    A batch of rows and the cursor behind it move in one transaction, short enough for others to write between two of
    them; a message already in the ledger is left as it is, so planning or loading twice sends once.
    """
    with database.read() as connection:
        last = read_cursor(connection, _CURSOR) or ""
    return sum(_load(database, tick, now) for tick in commits(home, "journeys") if tick.name > last)


def _load(database: StateDatabase, tick: Commit, now: datetime) -> int:
    count = read = 0
    for rows in _batches(tick, database.is_sqlite, now):
        start, read = read, read + len(rows)
        with database.begin() as connection:
            if _is_behind(connection, tick.name, start):  # another worker, or we before a kill
                continue
            count += insert_rows(connection, LEDGER, _FRESH, rows, skip_known=True)
            write_cursor(connection, _PART, f"{tick.name} {read}")
    with database.begin() as connection:
        if (read_cursor(connection, _CURSOR) or "") < tick.name:
            write_cursor(connection, _CURSOR, tick.name)
    return count


def _is_behind(connection: Connection, tick: str, start: int) -> bool:
    name, _, read = (read_cursor(connection, _PART) or "").partition(" ")
    return name == tick and start < int(read)


def _batches(tick: Commit, is_sqlite: bool, now: datetime) -> Iterator[list[tuple[Any, ...]]]:
    """The tick's `send` rows in windows, each in the order of its keys: neighbours in the indexes are written, claimed
    and settled together, which on a million messages saves most of the writing. Read plainly: pyarrow's own filters
    and sorts would import pandas, which costs a second.
    """
    from pyarrow.parquet import ParquetFile

    with ParquetFile(tick.table("outbox")) as file:
        there = [name for name in (*_LOADED, *_ASKED) if name in file.schema_arrow.names]
        for window in file.iter_batches(batch_size=_WINDOW, columns=there):
            rows = sorted(_rows(window, is_sqlite, now), key=lambda row: row[0])
            for start in range(0, len(rows), _BATCH):
                yield rows[start : start + _BATCH]


def _rows(window: Any, is_sqlite: bool, now: datetime) -> Iterator[tuple[Any, ...]]:
    columns = {name: window.column(name).to_pylist() for name in window.schema.names}
    for name in (*_INSTANTS, *({"release_at"} & columns.keys())):
        columns[name] = _instants(window.column(name), is_sqlite)
    releases = columns.get("release_at") or [None] * window.num_rows
    columns.setdefault("lifted", [None] * window.num_rows)
    decisions = columns["decision"]
    since, sent = stored(is_sqlite, now), Decision.SEND.value
    for decision, release, *row in zip(
        decisions, releases, *(columns[name] for name in _LOADED), strict=True
    ):
        if decision == sent:
            yield _fresh(row, release, since)


def _instants(column: Any, is_sqlite: bool) -> list[Any]:
    """As the database holds them; texts are made by the column, not one by one."""
    if not is_sqlite:
        return column.to_pylist()
    import pyarrow as pa

    return column.cast(pa.timestamp("us")).cast(pa.string()).to_pylist()


_DECIDED, _TRANSACTIONAL, _LIFTED = (
    _LOADED.index(name) for name in ("decided_at", "is_transactional", "lifted")
)
_TEXTS = len(_COPIED)


def _fresh(row: Sequence[Any], release: Any, since: Any) -> tuple[Any, ...]:
    is_transactional = row[_TRANSACTIONAL]
    texts = [value or "" for value in row[:_TEXTS]]
    lane = 0 if is_transactional else 1
    planned = (*texts, *row[_TEXTS:_LIFTED], row[_LIFTED] or "[]")
    return (
        *planned,
        release or row[_DECIDED],
        lane,
        "pending",
        0,
        False,
        Outcome.PENDING.value,
        "",
        "",
        since,
    )
