"""Analysts' own segments: models `seg_<name>`, each a list of profile ids.

What a model lists counts as far as it names profiles: an earlier id stands for the present one, an id that
stands twice counts once, and what is null or no profile's id is left out (`kith segments lint` counts these).
"""

from __future__ import annotations

from dataclasses import dataclass

from activation.segments.catalogue import ANALYST_PREFIX
from kith.errors import KithError
from kith.warehouse import Warehouse, literal, quote

KEY = "profile_id"


@dataclass(frozen=True)
class Listing:
    """What a model lists: rows, and how many of them say nothing (null), nobody (no profile), or somebody again."""

    segment: str
    row_count: int
    null_count: int
    unknown_count: int
    repeated_count: int


def lay_analyst_members(warehouse: Warehouse, segments: tuple[str, ...]) -> None:
    """The relation `analyst_members` (segment, profile_id), each member once. Reads `aliases`."""
    lists = [_listed(warehouse, name) for name in segments]
    lists = lists or ["SELECT '' AS segment, '' AS profile_id WHERE FALSE"]
    warehouse.connection.execute(
        f"""
        CREATE TEMP TABLE analyst_members AS
        SELECT DISTINCT listed.segment, COALESCE(aliases.profile_id, listed.profile_id) AS profile_id
        FROM ({" UNION ALL ".join(lists)}) AS listed
        LEFT JOIN aliases ON listed.profile_id = aliases.alias_id
        WHERE listed.profile_id IS NOT NULL
        """
    )


def listings(warehouse: Warehouse, segments: tuple[str, ...]) -> list[Listing]:
    """What each model lists, counted."""
    found = []
    for name in segments:
        [row] = warehouse.rows(
            f"""
            SELECT
                COUNT(*) AS row_count,
                COUNT(*) - COUNT(listed.profile_id) AS null_count,
                COUNT(listed.profile_id) - COUNT(profiles.profile_id) AS unknown_count,
                COUNT(profiles.profile_id) - COUNT(DISTINCT profiles.profile_id) AS repeated_count
            FROM ({_listed(warehouse, name)}) AS listed
            LEFT JOIN aliases ON listed.profile_id = aliases.alias_id
            LEFT JOIN profiles ON COALESCE(aliases.profile_id, listed.profile_id) = profiles.profile_id
            """
        )
        found.append(Listing(segment=name, **row))
    return found


def _listed(warehouse: Warehouse, name: str) -> str:
    table = ANALYST_PREFIX + name
    columns = {row["column_name"]: row["column_type"] for row in warehouse.rows(f"DESCRIBE {quote(table)}")}
    if columns.get(KEY) != "VARCHAR":
        raise KithError(
            f"has no text column {KEY}" if KEY not in columns else f"its {KEY} is {columns[KEY].lower()}",
            where=f"model {table}",
            expected="a list of profile ids: select profile_id from …",
        )
    return f"SELECT {literal(name)} AS segment, {KEY} FROM {quote(table)}"
