"""What differs between two states of identity, and whom it touches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kith.warehouse import Warehouse

SAMPLE = 20


@dataclass(frozen=True)
class Changes:
    """Counts of what another state would bring.

    `merged_profiles` become `merge_count` profiles, `split_count` profiles become `split_profiles`;
    `touched_profiles` hold an identifier that would go elsewhere or name nobody, and `membership_count`
    current memberships of segments between them.
    """

    merge_count: int
    merged_profiles: int
    split_count: int
    split_profiles: int
    identifiers_gained: int
    identifiers_lost: int
    conflicts_gained: int
    conflicts_lost: int
    touched_profiles: int
    membership_count: int

    @property
    def is_empty(self) -> bool:
        return not any(vars(self).values())


def compare(warehouse: Warehouse, has_segments: bool) -> Changes:
    """Compare the relations `before_identifiers` and `after_identifiers`, `before_conflicts` and
    `after_conflicts`; leaves the tables `merges`, `splits` and `touched` for `sample`."""
    for statement in (_MERGES, _SPLITS, _TOUCHED):
        warehouse.connection.execute(statement)
    members = f"({_IN_FORCE})" if has_segments else "(SELECT '' AS profile_id WHERE FALSE)"
    warehouse.connection.execute(f"CREATE OR REPLACE TEMP VIEW present_members AS FROM {members}")
    [row] = warehouse.rows(_COUNTS)
    return Changes(**{name: int(value or 0) for name, value in row.items()})


def sample(warehouse: Warehouse, has_segments: bool) -> dict[str, list[dict[str, Any]]]:
    """A few merges and splits, and the memberships of those touched by segment."""
    found = {
        "merges": warehouse.rows(
            f"SELECT * FROM merges ORDER BY LEN(profiles) DESC, profile_id LIMIT {SAMPLE}"
        ),
        "splits": warehouse.rows(
            f"SELECT * FROM splits ORDER BY LEN(profiles) DESC, profile_id LIMIT {SAMPLE}"
        ),
        "memberships": [],
    }
    if has_segments:
        found["memberships"] = warehouse.rows(_MEMBERSHIPS)
    return found


# A segment's members lie in the commit that the last state names, as positions in a population.
_IN_FORCE = """
    SELECT members.segment, people.profile_id
    FROM lake_segments_members AS members
    INNER JOIN lake_segments_states_latest AS states
        ON members.segment = states.segment AND members.commit_name = states.members_commit
    INNER JOIN lake_segments_population AS people
        ON states.members_population = people.commit_name AND members.position = people.position
"""

_MERGES = """
    CREATE OR REPLACE TEMP TABLE merges AS
    SELECT fresh.profile_id, LIST(DISTINCT known.profile_id ORDER BY known.profile_id) AS profiles
    FROM after_identifiers AS fresh
    INNER JOIN before_identifiers AS known USING (identifier_type, identifier_value)
    GROUP BY fresh.profile_id
    HAVING COUNT(DISTINCT known.profile_id) > 1
"""

_SPLITS = """
    CREATE OR REPLACE TEMP TABLE splits AS
    SELECT known.profile_id, LIST(DISTINCT fresh.profile_id ORDER BY fresh.profile_id) AS profiles
    FROM before_identifiers AS known
    INNER JOIN after_identifiers AS fresh USING (identifier_type, identifier_value)
    GROUP BY known.profile_id
    HAVING COUNT(DISTINCT fresh.profile_id) > 1
"""

_TOUCHED = """
    CREATE OR REPLACE TEMP TABLE touched AS
    SELECT DISTINCT known.profile_id
    FROM before_identifiers AS known
    LEFT JOIN after_identifiers AS fresh USING (identifier_type, identifier_value)
    WHERE fresh.profile_id IS DISTINCT FROM known.profile_id
    UNION
    SELECT UNNEST(profiles) FROM merges
    UNION
    SELECT profile_id FROM splits
"""

_PAIR = "left_type, left_value, right_type, right_value, rule"

_COUNTS = f"""
    SELECT
        (SELECT COUNT(*) FROM merges) AS merge_count,
        (SELECT SUM(LEN(profiles)) FROM merges) AS merged_profiles,
        (SELECT COUNT(*) FROM splits) AS split_count,
        (SELECT SUM(LEN(profiles)) FROM splits) AS split_profiles,
        (
            SELECT COUNT(*) FROM after_identifiers
            ANTI JOIN before_identifiers USING (identifier_type, identifier_value)
        ) AS identifiers_gained,
        (
            SELECT COUNT(*) FROM before_identifiers
            ANTI JOIN after_identifiers USING (identifier_type, identifier_value)
        ) AS identifiers_lost,
        (
            SELECT COUNT(*)
            FROM (SELECT {_PAIR} FROM after_conflicts EXCEPT SELECT {_PAIR} FROM before_conflicts) AS gained
        ) AS conflicts_gained,
        (
            SELECT COUNT(*)
            FROM (SELECT {_PAIR} FROM before_conflicts EXCEPT SELECT {_PAIR} FROM after_conflicts) AS lost
        ) AS conflicts_lost,
        (SELECT COUNT(*) FROM touched) AS touched_profiles,
        (SELECT COUNT(*) FROM present_members SEMI JOIN touched USING (profile_id)) AS membership_count
"""

_MEMBERSHIPS = f"""
    SELECT segment, COUNT(*) AS member_count, COUNT(touched.profile_id) AS touched_count
    FROM ({_IN_FORCE}) AS members
    LEFT JOIN touched ON members.profile_id = touched.profile_id
    GROUP BY segment
    HAVING COUNT(touched.profile_id) > 0
    ORDER BY touched_count DESC, segment
"""
