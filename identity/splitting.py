"""`kith identity split`: a decision about two identifiers, landed as an event."""

from __future__ import annotations

from dataclasses import dataclass

from identity.exceptions import land_exception
from identity.explain import find_identifier
from identity.rules import load_rules
from identity.store import attach_state, present_state
from kith.clock import system_clock
from kith.errors import KithError
from kith.lake import Home
from kith.settings import Settings
from kith.warehouse import Warehouse


@dataclass(frozen=True)
class Decided:
    """Two identifiers (type:value), whether they are one profile today, and the event that tells of it."""

    left: str
    right: str
    is_one_profile: bool
    event_id: str


def decide(settings: Settings, left: str, right: str, is_apart: bool, reason: str = "") -> Decided:
    """Keep two known identifiers apart, or let them join again. Raises KithError if one is unknown, or both
    are the same."""
    home = Home(settings.home)
    rules = load_rules(settings).body
    with Warehouse(settings) as warehouse:
        attach_state(warehouse, home, present_state(home))
        one, other = find_identifier(warehouse, rules, left), find_identifier(warehouse, rules, right)
    if str(one) == str(other):
        raise KithError(f"'{left}' and '{right}' are one identifier", expected="two different ones")
    pair = ((one.kind, one.value), (other.kind, other.value))
    event_id = land_exception(home, system_clock(settings), pair, is_apart, reason)
    return Decided(str(one), str(other), one.profile_id == other.profile_id, event_id)
