"""How many identifiers there are, and how many of each a profile holds."""

from __future__ import annotations

from identity.rules import load_rules
from identity.store import attach_state, present_state
from kith.lake import Home
from kith.settings import Settings
from kith.warehouse import Warehouse


def count_identifiers(settings: Settings) -> list[dict[str, object]]:
    """One row per type: its limit, identifiers, profiles that hold one, the most of one profile, and the
    pairs that were set aside since the limit would have been broken."""
    rules = load_rules(settings).body
    with Warehouse(settings) as warehouse:
        home = Home(settings.home)
        attach_state(warehouse, home, present_state(home))
        found = {row["identifier_type"]: row for row in warehouse.rows(_COUNTS)}
    empty = {"identifier_count": 0, "profile_count": 0, "most_of_one_profile": 0, "set_aside_count": 0}
    return [
        {"identifier_type": name, "limit": rules.types[name].limit, **empty, **found.get(name, {})}
        for name in rules.ordered
    ]


_COUNTS = """
    WITH held AS (
        SELECT identifier_type, profile_id, COUNT(*) AS held_count
        FROM known_identifiers
        GROUP BY identifier_type, profile_id
    ),

    aside AS (
        SELECT SPLIT_PART(rule, '.', 2) AS identifier_type, COUNT(*) AS set_aside_count
        FROM known_conflicts
        GROUP BY SPLIT_PART(rule, '.', 2)
    )

    SELECT
        held.identifier_type,
        CAST(SUM(held.held_count) AS BIGINT) AS identifier_count,
        COUNT(*) AS profile_count,
        MAX(held.held_count) AS most_of_one_profile,
        COALESCE(ANY_VALUE(aside.set_aside_count), 0) AS set_aside_count
    FROM held
    LEFT JOIN aside ON held.identifier_type = aside.identifier_type
    GROUP BY held.identifier_type
"""
