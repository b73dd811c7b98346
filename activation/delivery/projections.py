"""`consent_now` and `suppression`: what landed events say now. Delivery alone writes them; one command
rebuilds them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.delivery.consent_events import AddressFault, ConsentChange, Learned, address_key
from activation.delivery.schema import APPLIED_EVENTS, CONSENT_NOW, CONSENT_STATED, LEDGER, SUPPRESSION
from activation.delivery.statements import keep_words
from activation.delivery.upsert import insert_into, insert_new

_CHUNK = 500


def apply_all(connection: Connection, learned: Iterable[Learned]) -> int:
    """Bring both projections up to these events, each once however often it is told. Answers how many were
    new.
    """
    first_told = {event.event_id: event for event in reversed(list(learned))}
    events = list(reversed(first_told.values()))
    chunks = (events[start : start + _CHUNK] for start in range(0, len(events), _CHUNK))
    return sum(_apply(connection, chunk) for chunk in chunks)


def clear(connection: Connection) -> None:
    """Forget both projections and what went into them, before a rebuild in the same transaction."""
    for table in (CONSENT_NOW, CONSENT_STATED, SUPPRESSION, APPLIED_EVENTS):
        connection.execute(table.delete())


def _apply(connection: Connection, events: Sequence[Learned]) -> int:
    fresh = _fresh(connection, [event for event in events if event.is_act])
    stated = [event for event in events if not event.is_act]
    words = keep_words(connection, [change for event in [*fresh, *stated] for change in event.consents])
    if words:
        connection.execute(_upsert_consent(connection), [_row(change) for change in words])
    for event in fresh:
        if event.fault:
            _apply_fault(connection, event.fault)
    return len(fresh) + len({word.event_id for word in words if not word.is_act})


def _fresh(connection: Connection, acts: Sequence[Learned]) -> list[Learned]:
    """The acts not applied before. What is merely stated needs no such memory: told again it changes nothing."""
    ids = [event.event_id for event in acts]
    known = set(
        connection.scalars(sa.select(APPLIED_EVENTS.c.event_id).where(APPLIED_EVENTS.c.event_id.in_(ids)))
    )
    fresh = [event for event in acts if event.event_id not in known]
    if fresh:
        connection.execute(
            insert_new(connection, APPLIED_EVENTS), [{"event_id": event.event_id} for event in fresh]
        )
    return fresh


def _row(change: ConsentChange) -> dict[str, Any]:
    return {
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


def _upsert_consent(connection: Connection) -> Any:
    """The latest word counts; at the same instant the stricter one."""
    insert = insert_into(connection, CONSENT_NOW)
    new, old = insert.excluded, CONSENT_NOW.c
    is_stricter = sa.and_(new.effective_at == old.effective_at, new.is_granted.is_(False))
    key = [column.name for column in CONSENT_NOW.primary_key]
    return insert.on_conflict_do_update(
        index_elements=key,
        set_={column.name: new[column.name] for column in CONSENT_NOW.columns if column.name not in key},
        where=sa.or_(new.effective_at > old.effective_at, is_stricter),
    )


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
