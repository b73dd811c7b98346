"""A visit being told: who holds the device, what time it is, and what was said so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.calendar import SECOND_MS
from sandbox.catalogue import Catalogue
from sandbox.devices import Devices
from sandbox.lines import Client, Hour
from sandbox.people import People
from sandbox.state import State
from sandbox.visits import Visit

#: Which of a visit's draws decides what.
LIST, LOGIN, REGISTER, LATE, LATENESS, REFERRER, AFTER, AFTER_DELAY, LOGOUT, MIND = range(7, 17)
PACE, GUEST, ALIAS, TRADE = range(17, 21)


@dataclass(frozen=True)
class Shop:
    """The unchanging side of the world, as the telling needs it."""

    people: People
    devices: Devices
    catalogue: Catalogue
    vocabulary: str = "commerce"


@dataclass
class Story:
    """One visit being told: whose user id the client holds, and what time it is."""

    shop: Shop
    state: State
    hour: Hour
    visit: Visit
    client: Client
    at: int
    user: int = -1
    delay: int = 0
    context: bytes = b""
    cart: list[dict[str, Any]] = field(default_factory=list)

    @property
    def user_id(self) -> str | None:
        return self.shop.people.identity.user_id[self.user] if self.user >= 0 else None

    def step(self, seconds: float) -> None:
        self.at += int(seconds * SECOND_MS * (0.5 + self.visit.draws[PACE]))

    def say(self, kind: str, body: dict[str, Any], context: bytes = b"") -> None:
        self.hour.say(
            self.client, self.at, kind, self.user_id, body, context=self.context + context, delay=self.delay
        )

    def track(self, event: str, properties: dict[str, Any], context: bytes = b"") -> None:
        self.say("track", {"event": event, "properties": properties}, context)
