"""Devices: what people visit with. Some belong to a family, some to a library; some tell the wrong time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from numpy.random import Generator

from kith.ids import stable_id
from sandbox.calendar import DAY_HOURS, HOUR_MS
from sandbox.chance import generator, pick
from sandbox.names import PLACES
from sandbox.people import People

PEOPLE_OF_A_LIBRARY = 30

BROWSERS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36",
)
PHONES = (
    "Mozilla/5.0 (Linux; Android 15) Chrome/141.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1",
)
APPS = ("ShopApp/4.2 (Android 15)", "ShopApp/4.2 (iOS 19.0)")

#: Kind, source of its events, share, user agents.
KINDS = (("phone", "web", 0.45, PHONES), ("desktop", "web", 0.35, BROWSERS), ("app", "app", 0.20, APPS))
DESKTOP, APP = 1, 2


@dataclass(frozen=True)
class Devices:
    """By index of device. `owner` is -1 for a shared one; `clock_error` is in ms, 0 for most.

    A person's own devices are `first[p] … first[p] + own[p] - 1`; `shared[p]` is -1 for most.
    """

    owner: np.ndarray
    kind: np.ndarray
    anonymous_id: list[str]
    clock_error: np.ndarray
    context: list[bytes]
    user_agent: list[str]
    ip: list[str]
    first: np.ndarray
    own: np.ndarray
    shared: np.ndarray

    @property
    def count(self) -> int:
        return len(self.anonymous_id)


def make_devices(seed: int, people: People) -> Devices:
    """One to three devices for each person, then one for each household, then those of the libraries."""
    chance = generator(seed, "devices")
    own = pick(chance.random(people.count), np.array([0.5, 0.36, 0.14])) + 1
    shared, shared_count = _share(chance, people, int(own.sum()))
    owner = np.concatenate([np.repeat(np.arange(people.count), own), np.full(shared_count, -1)])
    kind = pick(chance.random(len(owner)), np.array([share for *_, share, _agents in KINDS]))
    kind[owner < 0] = DESKTOP
    agents = [KINDS[k][3][int(u * 2)] for k, u in zip(kind, chance.random(len(owner)), strict=True)]
    anonymous = [str(UUID(stable_id(str(seed), "device", str(index)))) for index in range(len(owner))]
    ips = [_address(number) for number in chance.integers(0, 254 * 508, len(owner))]
    contexts = [
        _context(people, o, k, agents[i], ips[i]) for i, (o, k) in enumerate(zip(owner, kind, strict=True))
    ]
    return Devices(
        owner, kind, anonymous, _clock_errors(chance, len(owner)), contexts, agents, ips,
        first=np.cumsum(own) - own, own=own, shared=shared,
    )  # fmt: skip


def _share(chance: Generator, people: People, start: int) -> tuple[np.ndarray, int]:
    household = people.identity.household
    shared = np.where(household >= 0, household + start, -1)
    families = int(household.max()) + 1
    readers = np.flatnonzero((chance.random(people.count) < 0.015) & (household < 0))
    shared[readers] = start + families + np.arange(len(readers)) // PEOPLE_OF_A_LIBRARY
    libraries = -(-len(readers) // PEOPLE_OF_A_LIBRARY)
    return shared, families + libraries


def _clock_errors(chance: Generator, count: int) -> np.ndarray:
    """Two in a hundred are minutes or hours off, a few a whole year."""
    errors = (chance.normal(0.0, 3.0, count) * HOUR_MS).astype(np.int64)
    errors[chance.random(count) < 0.05] = -365 * DAY_HOURS * HOUR_MS
    return np.where(chance.random(count) < 0.02, errors, 0)


def _address(number: int) -> str:
    """An address out of the three blocks kept for documentation (RFC 5737), or of RFC 2544's 198.18/15."""
    blocks = ("192.0.2", "198.51.100", "203.0.113")
    block, host = divmod(int(number), 254)
    prefix = blocks[block] if block < len(blocks) else f"198.18.{block % 256}"
    return f"{prefix}.{host + 1}"


def _device_type(name: str, agent: str) -> str:
    """An app tells its system, as mobile libraries do."""
    return name if name != "app" else "ios" if "iOS" in agent else "android"


def _context(people: People, owner: int, kind: int, agent: str, ip: str) -> bytes:
    """All of an event's context that never changes, without its last brace: page and campaign are added."""
    zone, locale = PLACES[people.identity.place[owner] if owner >= 0 else 0][:2]
    name, source, *_rest = KINDS[kind]
    context: dict[str, Any] = {
        "ip": ip,
        "locale": locale,
        "timezone": zone,
        "userAgent": agent,
        "device": {"type": _device_type(name, agent)},
        "library": {"name": "analytics.js" if source == "web" else "analytics-mobile", "version": "4.1.0"},
        "consent": {
            "categoryPreferences": {
                "Analytics": True,
                "Advertising": not (owner >= 0 and bool(people.temper.refuses_tracking[owner])),
            }
        },
    }
    return orjson.dumps(context)[:-1]
