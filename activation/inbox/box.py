"""The inbox: put a message in once, ask what waits for a person, note what became of it, forget a person."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from activation.inbox.tables import INBOX
from kith.state import StateDatabase
from kith.times import from_utc_naive, to_utc_naive


class Deed(StrEnum):
    """What a person, or their app, does with a message."""

    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    DISMISSED = "dismissed"


@dataclass(frozen=True)
class InboxMessage:
    """`address` is the identifier that the app knows the person by. `html` was made by a template of ours and holds what
    people told us: show it in a frame of its own. Times are aware UTC."""

    message_id: str
    channel: str
    address: str
    title: str
    text: str
    html: str
    arrived_at: datetime
    expires_at: datetime | None = None
    locale: str = ""
    media: Sequence[Mapping[str, str]] = ()
    actions: Sequence[Mapping[str, str]] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    opened_at: datetime | None = None


class Inbox:
    """Over the state database; safe from several processes."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    def put(self, messages: Sequence[InboxMessage]) -> int:
        """Put them in, in one transaction; answers how many were new. A message that is there stays as it is."""
        if not messages:
            return 0
        rows = [_row(each) for each in messages]
        with self._database.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            inserting = dialect.insert(INBOX).on_conflict_do_nothing()
            counting = inserting.execution_options(preserve_rowcount=True)
            return connection.execute(counting, rows).rowcount

    def waiting(
        self, channel: str, address: str, now: datetime, limit: int = 50, is_unread: bool = False
    ) -> list[InboxMessage]:
        """What a person may see now, the newest first: neither dismissed nor past its time; `is_unread`: nor opened or
        followed."""
        instant = to_utc_naive(now)
        asked = (
            sa.select(INBOX)
            .where(INBOX.c.channel == channel, INBOX.c.address == address)
            .where(INBOX.c.dismissed_at.is_(None), INBOX.c.arrived_at <= instant)
            .where(sa.or_(INBOX.c.expires_at.is_(None), INBOX.c.expires_at > instant))
            .order_by(INBOX.c.arrived_at.desc(), INBOX.c.message_id)
            .limit(limit)
        )
        if is_unread:
            asked = asked.where(INBOX.c.opened_at.is_(None), INBOX.c.clicked_at.is_(None))
        with self._database.read() as connection:
            return [_message(row) for row in connection.execute(asked).mappings()]

    def find(self, message_id: str, address: str) -> InboxMessage | None:
        """One message of a person, whatever became of it; None where it is somebody else's."""
        asked = sa.select(INBOX).where(INBOX.c.message_id == message_id, INBOX.c.address == address)
        with self._database.read() as connection:
            row = connection.execute(asked).mappings().one_or_none()
        return _message(row) if row else None

    def has(self, message_id: str, deed: Deed) -> bool:
        """Whether this was noted before."""
        asked = sa.select(INBOX.c[f"{deed}_at"]).where(INBOX.c.message_id == message_id)
        with self._database.read() as connection:
            return connection.scalar(asked) is not None

    def note(self, message_id: str, address: str, deed: Deed, at: datetime) -> bool:
        """Write down what the person did. True the first time; False again, or where it is somebody else's message."""
        column = INBOX.c[f"{deed}_at"]
        noting = (
            sa.update(INBOX)
            .where(INBOX.c.message_id == message_id, INBOX.c.address == address, column.is_(None))
            .values({column: to_utc_naive(at)})
        )
        with self._database.begin() as connection:
            return connection.execute(noting).rowcount == 1

    def forget(self, address: str) -> int:
        """Delete all that was written to an address; answers how many there were."""
        with self._database.begin() as connection:
            return connection.execute(sa.delete(INBOX).where(INBOX.c.address == address)).rowcount


def _row(message: InboxMessage) -> dict[str, Any]:
    extras = {
        "media": [dict(each) for each in message.media],
        "actions": [dict(each) for each in message.actions],
        "options": dict(message.options),
    }
    return {
        **{name: getattr(message, name) for name in _PLAIN},
        "extras": json.dumps(extras, sort_keys=True),
        "arrived_at": to_utc_naive(message.arrived_at),
        "expires_at": None if message.expires_at is None else to_utc_naive(message.expires_at),
    }


def _message(row: Mapping[Any, Any]) -> InboxMessage:
    return InboxMessage(
        **{name: row[name] for name in _PLAIN},
        arrived_at=from_utc_naive(row["arrived_at"]),
        **{name: from_utc_naive(row[name]) for name in ("expires_at", "opened_at") if row[name] is not None},
        **json.loads(row["extras"]),
    )


_PLAIN = ("message_id", "channel", "address", "title", "text", "html", "locale")
