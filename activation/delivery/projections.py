"""`consent_now` and `suppression`: what landed events say now. Delivery alone writes them; one command
rebuilds them.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from activation.delivery.consent_events import AddressFault, ConsentChange, Learned, address_key
from activation.delivery.schema import APPLIED_EVENTS, CONSENT_NOW, LEDGER, SUPPRESSION


def insert_new(connection: Connection, table: sa.Table) -> Any:
    """An INSERT of the connection's own dialect that skips rows whose key is there."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()


def apply_all(connection: Connection, learned: Iterable[Learned]) -> int:
    """Bring both projections up to these events, each once however often it is told. Answers how many were
    new.
    """
    return sum(_apply(connection, event) for event in learned)


def clear(connection: Connection) -> None:
    """Forget both projections and what went into them, before a rebuild in the same transaction."""
    for table in (CONSENT_NOW, SUPPRESSION, APPLIED_EVENTS):
        connection.execute(table.delete())


def _apply(connection: Connection, event: Learned) -> bool:
    first = connection.execute(insert_new(connection, APPLIED_EVENTS).values(event_id=event.event_id))
    if first.rowcount == 0:
        return False
    for change in event.consents:
        _apply_consent(connection, change)
    if event.fault:
        _apply_fault(connection, event.fault)
    return True


def _apply_consent(connection: Connection, change: ConsentChange) -> None:
    """The latest word counts; at the same instant the stricter one."""
    row = {
        "identifier_type": change.identifier[0],
        "identifier_value": change.identifier[1][:400],
        "purpose": change.purpose,
        "channel": change.channel,
        "is_granted": change.is_granted,
        "effective_at": change.at,
        "event_id": change.event_id,
        "legal_basis": change.legal_basis,
        "evidence": change.evidence,
    }
    if connection.execute(insert_new(connection, CONSENT_NOW).values(row)).rowcount:
        return
    key = [CONSENT_NOW.c[name] == row[name] for name in CONSENT_NOW.primary_key.columns.keys()]  # noqa: SIM118 - a collection of columns, not a dict
    is_newer = CONSENT_NOW.c.effective_at < change.at
    if not change.is_granted:
        is_newer = CONSENT_NOW.c.effective_at <= change.at
    connection.execute(CONSENT_NOW.update().where(*key, is_newer).values(row))


def _apply_fault(connection: Connection, fault: AddressFault) -> None:
    address = fault.address or _address_of(connection, fault.message_id)
    if not address:
        return
    row = {
        "channel": fault.channel,
        "address_key": address_key(fault.channel, address),
        "reason": fault.reason,
        "strikes": 1,
        "is_active": fault.suppress_after <= 1,
        "since_at": fault.at,
    }
    if connection.execute(insert_new(connection, SUPPRESSION).values(row)).rowcount:
        return
    key = [SUPPRESSION.c[name] == row[name] for name in ("channel", "address_key")]
    connection.execute(
        SUPPRESSION.update()
        .where(*key, SUPPRESSION.c.is_active.is_(False))
        .values(
            reason=fault.reason,
            strikes=SUPPRESSION.c.strikes + 1,
            is_active=SUPPRESSION.c.strikes + 1 >= fault.suppress_after,
            since_at=fault.at,
        )
    )


def _address_of(connection: Connection, message_id: str) -> str:
    return connection.scalar(sa.select(LEDGER.c.address).where(LEDGER.c.message_id == message_id)) or ""
