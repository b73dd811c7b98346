"""`facts_aliases`: every id that a person once went by, and the one of this run."""

from __future__ import annotations

from activation.journeys.history.archive import Archive
from kith.warehouse import Warehouse

_PRESENT = """
    -- One row per id that is no person's any more, with when it became another's. Joining is known by arrival,
    -- everything else by effective_at, which is at most L before: what joined at `j` counts from `j - L`, and every
    -- run past that has seen it.
    CREATE OR REPLACE TEMP TABLE facts_aliases AS
    SELECT CAST(alias_id AS UUID) AS alias, CAST(profile_id AS UUID) AS person,
           epoch_us(since_at) - {lateness} AS since_at
    FROM profile_aliases
"""

_PAST = """
    -- The same out of who held which identifier: its hash was its profile's while it was the earliest one known.
    CREATE OR REPLACE TEMP TABLE facts_aliases AS
    SELECT alias, any_value(person) AS person, min(epoch_us(joined_at)) - {lateness} AS since_at
    FROM (
        SELECT CAST(md5(identifier_type || chr(31) || identifier_value) AS UUID) AS alias, person, joined_at
        FROM facts_identities
    ) AS hashed
    WHERE alias <> person
    GROUP BY alias
"""


def lay_aliases(warehouse: Warehouse, archive: Archive) -> None:
    """Facts that keep the id under which they were written are read through it."""
    sql = _PAST if archive.is_past else _PRESENT
    warehouse.connection.execute(sql.format(lateness=archive.lateness))
