"""From the lake's outbox into the ledger: every `send` row once, refusals never."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from activation.contract import Decision, Outcome
from activation.delivery.consent_feed import read_cursor, write_cursor
from activation.delivery.schema import LEDGER
from activation.delivery.upsert import insert_new
from kith.lake import Commit, Home, commits
from kith.state import StateDatabase
from kith.times import from_utc_naive

_CURSOR = "outbox"
_BATCH = 2_000
_COPIED = (
    *(
        "message_id",
        "journey",
        "journey_version",
        "step_id",
        "enrolment_id",
        "profile_id",
        "channel",
        "purpose",
    ),
    *("template", "template_version", "address", "identifiers", "locale", "variables"),
)
_OTHERS = ("decided_at", "not_after", "is_transactional", "decision", "lifted")


def load_outbox(database: StateDatabase, home: Home, now: datetime) -> int:
    """Take in the outbox of every tick not read yet. Answers how many messages were new to the ledger.

    The cursor moves with a tick's rows in one transaction; a message already in the ledger is left as it is,
    so planning or loading twice sends once.
    """
    with database.read() as connection:
        last = read_cursor(connection, _CURSOR) or ""
    return sum(_load(database, tick, now) for tick in commits(home, "journeys") if tick.name > last)


def _load(database: StateDatabase, tick: Commit, now: datetime) -> int:
    count = 0
    with database.begin() as connection:
        for rows in _batches(tick, now):
            count += connection.execute(insert_new(connection, LEDGER), rows).rowcount
        write_cursor(connection, _CURSOR, tick.name)
    return count


def _batches(tick: Commit, now: datetime) -> Iterator[list[dict[str, Any]]]:
    """The tick's `send` rows. Read plainly: a filter of pyarrow would import pandas, which costs a second."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(tick.table("outbox")) as file:
        for batch in file.iter_batches(batch_size=_BATCH, columns=[*_COPIED, *_OTHERS]):
            rows = [row for row in batch.to_pylist() if row["decision"] == Decision.SEND.value]
            if rows:
                yield [_ledger_row(row, now) for row in rows]


def _ledger_row(row: dict[str, Any], now: datetime) -> dict[str, Any]:
    decided_at = from_utc_naive(row["decided_at"])
    return {
        **{name: row[name] or "" for name in _COPIED},
        "decided_at": decided_at,
        "not_after": from_utc_naive(row["not_after"]),
        "is_transactional": row["is_transactional"],
        "lifted": row.get("lifted") or "[]",
        "lane": 0 if row["is_transactional"] else 1,
        "state": "pending",
        "due_at": decided_at,
        "claim_id": None,
        "attempts": 0,
        "is_uncertain": False,
        "outcome": Outcome.PENDING.value,
        "reason": "",
        "detail": "",
        "loaded_at": now,
        "finished_at": None,
    }
