"""What a world of the reference holds: people with their logs, and the journeys and rules that meet them.

Times are instants in microseconds since 1970, UTC; a spell holds in [since, until).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from activation.journeys.graph import Graph

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND
FOREVER = 1 << 60


@dataclass(frozen=True)
class Event:
    """One event as it landed; `message_id` says whose feedback it is."""

    event_id: str
    name: str
    effective_at: int
    properties: Mapping[str, Any] = field(default_factory=dict)
    message_id: str = ""
    is_late: bool = False
    received_at: int = 0


@dataclass(frozen=True)
class Spell:
    """A value in force in [since, until)."""

    value: Any
    since: int
    until: int = FOREVER


@dataclass(frozen=True)
class Permission:
    """The value of a spell of consent."""

    is_granted: bool
    legal_basis: str = "consent"


Spells = tuple[Spell, ...]


@dataclass(frozen=True)
class Person:
    """One person and everything that is known of them, by the instant from which it was known."""

    profile_id: str
    zone: str = "UTC"
    best_hours: tuple[int, ...] = ()
    events: tuple[Event, ...] = ()
    attributes: Mapping[str, Spells] = field(default_factory=dict)
    segments: Mapping[str, Spells] = field(default_factory=dict)
    scores: Mapping[str, Spells] = field(default_factory=dict)
    consents: Mapping[tuple[str, str], Spells] = field(default_factory=dict)
    addresses: Mapping[str, Spells] = field(default_factory=dict)
    refusals: Mapping[tuple[str, str, str], Spells] = field(default_factory=dict)
    """What the address itself refused: by (channel, address, purpose)."""
    likes: tuple[str, ...] = ()
    """Channels that they answer on, best first."""
    past_sends: tuple[Send, ...] = ()


@dataclass(frozen=True)
class Send:
    """A marketing message that was planned: it takes a place in every cap that counts it."""

    channel: str
    purpose: str
    tags: tuple[str, ...]
    at: int
    local_day: int


@dataclass(frozen=True)
class World:
    """Everything a history follows from. `start` and `end` bound its log; `evaluations` are (segment, instant)."""

    people: tuple[Person, ...]
    graphs: tuple[Graph, ...]
    rules: Any
    start: int
    end: int
    evaluations: tuple[tuple[str, int], ...] = ()
    winners: tuple[tuple[str, str, str, int], ...] = ()
    suppressed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    seed: int = 0


@dataclass(frozen=True, order=True)
class Transition:
    """One move: who left which node (empty: entered) by which label, when, and where to; `is_late`: because of an
    event that was learned late."""

    enrolment_id: str
    at: int
    node_id: str
    label: str
    to: str
    is_late: bool = False


@dataclass(frozen=True, order=True)
class Verdict:
    """What was decided for one planned message; `reason` is empty for a send, `detail` names the cap."""

    message_id: str
    profile_id: str
    journey: str
    step_id: str
    decided_at: int
    channel: str
    reason: str
    detail: str
    is_eligible: bool


def in_force(spells: Spells, at: int) -> Any:
    """The value that holds at an instant, or None."""
    return next((each.value for each in spells if each.since <= at < each.until), None)
