"""The pairs of identifiers that hold one profile together."""

from __future__ import annotations

from identity.explain import JOINED
from identity.paths import Pair, read_pairs
from identity.store import attach_state, present_state
from kith.lake import Home
from kith.settings import Settings
from kith.warehouse import Warehouse

__all__ = ["Pair", "joined_pairs"]


def joined_pairs(settings: Settings, profile_id: str) -> list[Pair]:
    """Each pair that events named together, the earliest first; none for an identifier alone."""
    home = Home(settings.home)
    with Warehouse(settings) as warehouse:
        attach_state(warehouse, home, present_state(home))
        return read_pairs(warehouse.rows(JOINED, [profile_id]))
