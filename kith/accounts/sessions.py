"""Sessions: a secret in the visitor's browser, its digest in the state database.

A session ends by signing out, after `IDLE` without a click, and `LONGEST` after it began; it tells the role that the
account has now, not the one it had when it began.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import text

from kith.accounts.roles import Role, Visitor
from kith.state import StateDatabase
from kith.state.audit import record
from kith.times import from_utc_naive, to_utc_naive

IDLE, LONGEST = timedelta(hours=12), timedelta(days=7)
#: A look at a page is written down at most so often: reading must not cost a write each time.
_TOUCH = timedelta(minutes=5)


class Sessions:
    """The sessions of one workspace."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    def begin(self, name: str, now: datetime) -> str:
        """A new session of an account; answers the secret. Sessions that are over are swept away."""
        token = secrets.token_urlsafe(32)
        with self._database.begin() as connection:
            connection.execute(
                text("DELETE FROM account_sessions WHERE seen_at < :idle OR began_at < :old"),
                {"idle": to_utc_naive(now - IDLE), "old": to_utc_naive(now - LONGEST)},
            )
            connection.execute(
                text(
                    "INSERT INTO account_sessions (digest, name, began_at, seen_at) VALUES (:d, :name, :at, :at)"
                ),
                {"d": _digest(token), "name": name, "at": to_utc_naive(now)},
            )
        return token

    def visitor(self, token: str, now: datetime) -> Visitor | None:
        """Whose session this is, or None where it is over, or nobody's."""
        told = text(
            "SELECT a.name, a.role, s.began_at, s.seen_at FROM account_sessions AS s"
            " JOIN accounts AS a ON a.name = s.name WHERE s.digest = :digest AND a.disabled_at IS NULL"
        )
        with self._database.read() as connection:
            row = connection.execute(told, {"digest": _digest(token)}).first()
        if row is None:
            return None
        began, seen = _instant(row.began_at), _instant(row.seen_at)
        if seen + IDLE <= now or began + LONGEST <= now:
            return None
        if seen + _TOUCH <= now:
            self._touch(token, to_utc_naive(now))
        return Visitor(row.name, Role(row.role))

    def end(self, token: str, now: datetime) -> None:
        """Sign out."""
        with self._database.begin() as connection:
            told = text("DELETE FROM account_sessions WHERE digest = :digest RETURNING name")
            name = connection.execute(told, {"digest": _digest(token)}).scalar()
            if name is not None:
                record(connection, now, name, "signed out", name, {})

    def _touch(self, token: str, moment: datetime) -> None:
        with self._database.begin() as connection:
            connection.execute(
                text("UPDATE account_sessions SET seen_at = :at WHERE digest = :digest"),
                {"at": moment, "digest": _digest(token)},
            )


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _instant(value: datetime | str) -> datetime:
    return from_utc_naive(value if isinstance(value, datetime) else datetime.fromisoformat(value))
