"""What consent objects state: every event bears one, so a statement is a word only where it differs from the last.

Without this, a page view after an unsubscribe would give leave again. Statements older than the last one kept are
passed over; told twice they change nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.delivery.consent_events import ConsentChange
from activation.delivery.schema import CONSENT_STATED
from activation.delivery.upsert import insert_into

_Key = tuple[str, str, str, str, str]
_Stated = tuple[bool, datetime]
_KEY = [column.name for column in CONSENT_STATED.primary_key]


def keep_words(connection: Connection, changes: Sequence[ConsentChange]) -> list[ConsentChange]:
    """The changes that are words, in their order; what was stated last is written down."""
    stating = sorted((each for each in changes if each.category), key=lambda each: each.known_at)
    if not stating:
        return list(changes)
    last = _last(connection, {each.identifier[1] for each in stating})
    silent, moved = set(), set()
    for each in stating:
        key = _key(each)
        value, since = last.get(key, (None, each.known_at))
        if since > each.known_at or value is each.is_granted:
            silent.add(each)
        else:
            last[key] = (each.is_granted, each.known_at)
            moved.add(key)
    _write(connection, {key: last[key] for key in moved})
    return [each for each in changes if each.is_act or each not in silent]


def _key(change: ConsentChange) -> _Key:
    kind, value = change.identifier
    return kind, value[:400], change.purpose, change.channel, change.category


def _last(connection: Connection, values: set[str]) -> dict[_Key, _Stated]:
    wanted = sa.select(CONSENT_STATED).where(CONSENT_STATED.c.identifier_value.in_([v[:400] for v in values]))
    rows = connection.execute(wanted)
    return {
        (row.identifier_type, row.identifier_value, row.purpose, row.channel, row.category): (
            row.is_granted,
            row.stated_at,
        )
        for row in rows
    }


def _write(connection: Connection, stated: dict[_Key, _Stated]) -> None:
    if not stated:
        return
    rows: list[dict[str, Any]] = [
        {**dict(zip(_KEY, key, strict=True)), "is_granted": value, "stated_at": at}
        for key, (value, at) in stated.items()
    ]
    insert = insert_into(connection, CONSENT_STATED)
    changed = {name: insert.excluded[name] for name in ("is_granted", "stated_at")}
    connection.execute(insert.on_conflict_do_update(index_elements=_KEY, set_=changed), rows)
