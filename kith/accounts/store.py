"""Accounts in the state database. Each change is an entry of the audit log in the same transaction."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, text

from kith.accounts.passwords import hash_password, is_outdated, is_password, nobody
from kith.accounts.roles import Role, Visitor
from kith.errors import KithError
from kith.state import StateDatabase
from kith.state.audit import record
from kith.times import from_utc_naive, to_utc_naive

_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,63}$")
#: After so many wrong passwords in a row an account waits, twice as long after each further one.
FREE_ATTEMPTS, FIRST_WAIT, LONGEST_WAIT = 5, timedelta(seconds=30), timedelta(hours=1)


@dataclass(frozen=True)
class Account:
    """One person who may sign in; `name` is in lower case."""

    name: str
    role: Role
    created_at: datetime
    is_disabled: bool

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.name, self.role)


class Accounts:
    """All accounts of a workspace. `actor` is who changes them, for the audit log."""

    def __init__(self, database: StateDatabase) -> None:
        self._database = database

    def exist(self) -> bool:
        """Whether anybody was given an account: from then on everybody has to sign in."""
        with self._database.read() as connection:
            return connection.execute(text("SELECT 1 FROM accounts LIMIT 1")).first() is not None

    def all(self) -> list[Account]:
        """By name."""
        with self._database.read() as connection:
            rows = connection.execute(text(f"SELECT {_COLUMNS} FROM accounts ORDER BY name")).all()
        return [_account(row) for row in rows]

    def add(self, name: str, role: Role, password: str, *, actor: str, now: datetime) -> Account:
        """A new account. Raises KithError for a name that is taken or unfit, or a password too short."""
        name = _checked(name)
        kept = hash_password(password)
        with self._database.begin() as connection:
            if _find(connection, name) is not None:
                raise KithError(f"there is an account {name} already", way_out="choose another name")
            if role is not Role.ADMIN and not _count(connection):
                raise KithError("the first account has to be an administrator's", expected="role admin")
            connection.execute(
                text(
                    "INSERT INTO accounts (name, role, password_hash, created_at, failures)"
                    " VALUES (:name, :role, :kept, :at, 0)"
                ),
                {"name": name, "role": role.value, "kept": kept, "at": to_utc_naive(now)},
            )
            record(connection, now, actor, "account added", name, {"role": role.value})
        return Account(name, role, now, is_disabled=False)

    def give_role(self, name: str, role: Role, *, actor: str, now: datetime) -> None:
        """Another role, from the next click on. The last administrator keeps theirs."""
        with self._database.begin() as connection:
            found = _known(connection, name)
            if role is not Role.ADMIN:
                _keep_an_admin(connection, found)
            _set(connection, found.name, role=role.value)
            record(
                connection, now, actor, "role given", found.name, {"role": role.value, "before": found.role}
            )

    def set_password(self, name: str, password: str, *, actor: str, now: datetime) -> None:
        """Another password; every session of theirs ends."""
        kept = hash_password(password)
        with self._database.begin() as connection:
            found = _known(connection, name)
            _set(connection, found.name, password_hash=kept, failures=0, waits_until=None)
            _end_sessions(connection, found.name)
            record(connection, now, actor, "password set", found.name, {})

    def disable(self, name: str, *, actor: str, now: datetime) -> None:
        """They can sign in no more and are signed out; what they did stays theirs in the log."""
        with self._database.begin() as connection:
            found = _known(connection, name)
            _keep_an_admin(connection, found)
            _set(connection, found.name, disabled_at=to_utc_naive(now))
            _end_sessions(connection, found.name)
            record(connection, now, actor, "account disabled", found.name, {})

    def enable(self, name: str, *, actor: str, now: datetime) -> None:
        """They can sign in again."""
        with self._database.begin() as connection:
            found = _known(connection, name)
            _set(connection, found.name, disabled_at=None, failures=0, waits_until=None)
            record(connection, now, actor, "account enabled", found.name, {})

    def check(self, name: str, password: str, now: datetime) -> Account | None:
        """The account with this name and password, or None: no such name, a wrong password, disabled, or waiting."""
        with self._database.read() as connection:
            row = _find(connection, name.strip().lower())
        # Outside of any transaction: hashing takes its time, and the ledger's writers would wait for it.
        fits = is_password(row.password_hash if row is not None else nobody(), password)
        if row is None or row.disabled_at is not None or _waits(row, now):
            return None
        fresh = hash_password(password) if fits and is_outdated(row.password_hash) else row.password_hash
        with self._database.begin() as connection:
            if not fits:
                _count_failure(connection, row.name, now)
                return None
            _set(connection, row.name, failures=0, waits_until=None, password_hash=fresh)
            record(connection, now, row.name, "signed in", row.name, {})
        return _account(row)


_COLUMNS = "name, role, password_hash, created_at, disabled_at, failures, waits_until"


def _account(row: Row) -> Account:
    return Account(row.name, Role(row.role), _instant(row.created_at), row.disabled_at is not None)


def _instant(value: datetime | str) -> datetime:
    return from_utc_naive(value if isinstance(value, datetime) else datetime.fromisoformat(value))


def _waits(row: Row, now: datetime) -> bool:
    return row.waits_until is not None and _instant(row.waits_until) > now


def _count_failure(connection: Connection, name: str, now: datetime) -> None:
    told = text("UPDATE accounts SET failures = failures + 1 WHERE name = :name RETURNING failures")
    failures = int(connection.execute(told, {"name": name}).scalar_one())
    over = failures - FREE_ATTEMPTS
    if over >= 0:
        wait = min(FIRST_WAIT * 2 ** min(over, 16), LONGEST_WAIT)
        _set(connection, name, waits_until=to_utc_naive(now + wait))
    record(connection, now, name, "sign-in refused", name, {"failures": failures})


def _checked(name: str) -> str:
    given = name.strip().lower()
    if not _NAME.match(given):
        raise KithError(
            f"'{name}' is no name of an account", expected="letters, digits, dots, such as ada.lovelace"
        )
    return given


def _find(connection: Connection, name: str) -> Row | None:
    told = text(f"SELECT {_COLUMNS} FROM accounts WHERE name = :name")
    return connection.execute(told, {"name": name}).first()


def _count(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM accounts")).scalar_one())


def _known(connection: Connection, name: str) -> Row:
    found = _find(connection, name.strip().lower())
    if found is None:
        raise KithError(f"there is no account {name}", way_out="see 'kith accounts list'")
    return found


def _set(connection: Connection, name: str, **columns: object) -> None:
    told = ", ".join(f"{column} = :{column}" for column in columns)
    connection.execute(
        text(f"UPDATE accounts SET {told} WHERE name = :account"), {**columns, "account": name}
    )


def _end_sessions(connection: Connection, name: str) -> None:
    connection.execute(text("DELETE FROM account_sessions WHERE name = :name"), {"name": name})


def _keep_an_admin(connection: Connection, leaving: Row) -> None:
    others = text(
        "SELECT count(*) FROM accounts WHERE role = 'admin' AND disabled_at IS NULL AND name <> :name"
    )
    if leaving.role == Role.ADMIN and not connection.execute(others, {"name": leaving.name}).scalar():
        raise KithError(f"{leaving.name} is the last administrator", way_out="make somebody else one first")
