"""Who a browser belongs to, by the secret in its cookie."""

from __future__ import annotations

from kith.accounts import Accounts, Role, Sessions, Visitor
from kith.clock import Clock, WallClock
from kith.settings import Settings
from kith.state import StateDatabase

COOKIE = "kith_session"
#: Whoever can reach the pages of a workspace without accounts.
EVERYBODY = Visitor("everybody", Role.ADMIN)


class Visitors:
    """The accounts and sessions of a workspace, as the gate and the pages ask for them."""

    def __init__(self, database: StateDatabase, clock: Clock | None = None) -> None:
        self.accounts, self.sessions = Accounts(database), Sessions(database)
        self._clock = clock or WallClock()
        self._is_closed = False

    def visitor(self, token: str | None) -> Visitor | None:
        """Who this is; None where they have to sign in."""
        if not self._must_sign_in():
            return EVERYBODY
        return self.sessions.visitor(token, self._clock.now()) if token else None

    def sign_in(self, name: str, password: str) -> str | None:
        """The secret of a new session, or None where name and password don't fit."""
        now = self._clock.now()
        account = self.accounts.check(name, password, now)
        return self.sessions.begin(account.name, now) if account else None

    def sign_out(self, token: str | None) -> None:
        """End the session, if it is one."""
        if token:
            self.sessions.end(token, self._clock.now())

    def _must_sign_in(self) -> bool:
        """Accounts are disabled and never deleted: a workspace that has one has one for good."""
        self._is_closed = self._is_closed or self.accounts.exist()
        return self._is_closed


_OPENED: dict[str, Visitors] = {}


def visitors_of(settings: Settings) -> Visitors:
    """One per workspace and process."""
    if settings.state_url not in _OPENED:
        _OPENED[settings.state_url] = Visitors(StateDatabase.open(settings))
    return _OPENED[settings.state_url]
