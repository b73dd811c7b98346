"""What a person may do to the ledger, and see of it: pause, resume, list. What was given up is told by dead_letters."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from activation.delivery.consent_events import address_key
from activation.delivery.schema import CONSENT_NOW, LEDGER, PAUSES, SUPPRESSION
from activation.delivery.upsert import insert_new
from kith.clock import system_clock
from kith.errors import UsageError
from kith.settings import Settings
from kith.state import StateDatabase

Row = dict[str, Any]


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


def _pauses(database: StateDatabase) -> list[Row]:
    with database.read() as connection:
        rows = connection.execute(sa.select(PAUSES).order_by(PAUSES.c.scope)).mappings().all()
    database.close()
    return [dict(row) for row in rows]
