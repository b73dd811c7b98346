"""What a person may do to the ledger, and see of it: take up again, pause, resume, list."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from activation.contract import Outcome
from activation.delivery.consent_events import address_key
from activation.delivery.schema import CONSENT_NOW, LEDGER, LEDGER_LOG, PAUSES, SUPPRESSION
from activation.delivery.upsert import insert_new
from kith.clock import system_clock
from kith.errors import UsageError
from kith.settings import Settings
from kith.state import StateDatabase

# Accepted, suppressed and rejected messages are not sent again at anybody's wish.
_REOPENED = (Outcome.FAILED.value, Outcome.UNKNOWN.value)
_COLUMNS = ("outcome", "reason", "detail", "channel", "journey", "message_id")
Row = dict[str, Any]


def reopen(settings: Settings, conditions: Mapping[str, str], now: datetime | None = None) -> int:
    """Make failed and unknown messages that meet all conditions (column → value) pending. Answers how
    many.
    """
    unknown = set(conditions) - set(_COLUMNS)
    if unknown:
        raise UsageError(f"no such column: {', '.join(sorted(unknown))}", expected=", ".join(_COLUMNS))
    at = now or system_clock(settings).now()
    database = StateDatabase.open(settings)
    matching = [LEDGER.c[name] == value for name, value in conditions.items()]
    with database.begin() as connection:
        wanted = sa.select(LEDGER).where(LEDGER.c.outcome.in_(_REOPENED), *matching)
        rows = connection.execute(wanted).all()
        for row in rows:
            _reopen(connection, row, at)
    database.close()
    return len(rows)


def pause(settings: Settings, scope: str, now: datetime | None = None) -> list[Row]:
    """Stop a channel, a journey, or everything (`*`) from the next batch on. Answers what is paused."""
    at = now or system_clock(settings).now()
    database = StateDatabase.open(settings)
    with database.begin() as connection:
        connection.execute(insert_new(connection, PAUSES).values(scope=scope, since_at=at))
    return _pauses(database)


def resume(settings: Settings, scope: str) -> list[Row]:
    """Lift one pause. Answers what is still paused; UsageError if there is no such pause."""
    database = StateDatabase.open(settings)
    with database.begin() as connection:
        lifted = connection.execute(PAUSES.delete().where(PAUSES.c.scope == scope)).rowcount
    left = _pauses(database)
    if not lifted:
        raise UsageError(f"'{scope}' is not paused", expected=", ".join(row["scope"] for row in left) or None)
    return left


def uncertain_messages(settings: Settings) -> list[Row]:
    """Every message whose acknowledgement was once lost: it may have reached its reader twice."""
    columns = ("message_id", "journey", "step_id", "profile_id", "channel", "attempts", "state", "outcome")
    database = StateDatabase.open(settings)
    wanted = sa.select(*(LEDGER.c[name] for name in columns)).where(LEDGER.c.is_uncertain)
    with database.read() as connection:
        rows = connection.execute(wanted.order_by(LEDGER.c.message_id)).mappings().all()
    database.close()
    return [dict(row) for row in rows]


def consent_of(settings: Settings, identifier: str) -> list[Row]:
    """The records that one identifier holds, and the suppression of an address, a row each."""
    database = StateDatabase.open(settings)
    spellings = {identifier.strip(), identifier.strip().lower()}
    records = sa.select(CONSENT_NOW).where(CONSENT_NOW.c.identifier_value.in_(spellings))
    with database.read() as connection:
        found = [dict(row) for row in connection.execute(records).mappings()]
        for row in connection.execute(sa.select(SUPPRESSION)).mappings():
            if row["address_key"] == address_key(row["channel"], identifier):
                found.append(_suppressed(dict(row)))
    database.close()
    return [{name: row.get(name) for name in _SHOWN} for row in found]


_SHOWN = ("identifier_type", "purpose", "channel", "is_granted", "effective_at", "legal_basis", "evidence")


def _suppressed(row: Mapping[str, Any]) -> Row:
    evidence = f"{row['reason']}, {row['strikes']} times"
    return {
        "identifier_type": "address",
        "purpose": "*",
        "channel": row["channel"],
        "is_granted": not row["is_active"],
        "effective_at": row["since_at"],
        "evidence": evidence,
    }


def _reopen(connection: sa.Connection, row: Any, at: datetime) -> None:
    connection.execute(
        LEDGER.update()
        .where(LEDGER.c.message_id == row.message_id)
        .values(
            state="pending", outcome="pending", reason="", detail="", attempts=0, claim_id=None, due_at=at
        )
        .values(finished_at=None)
    )
    log = {
        "message_id": row.message_id,
        "kind": "reopened",
        "outcome": Outcome.PENDING.value,
        "reason": "",
        "detail": "retry",
        "channel": row.channel,
        "provider": "",
        "provider_code": "",
        "provider_message_id": "",
        "attempt": 0,
        "is_uncertain": row.is_uncertain,
        "suppress_after": 0,
        "at": at,
    }
    connection.execute(LEDGER_LOG.insert().values(log))


def _pauses(database: StateDatabase) -> list[Row]:
    with database.read() as connection:
        rows = connection.execute(sa.select(PAUSES).order_by(PAUSES.c.scope)).mappings().all()
    database.close()
    return [dict(row) for row in rows]
