"""What an evaluation changes, as SQL over members: the meaning that the bitmaps are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from activation.segments.audience import Audiences
from activation.segments.world import World
from kith.times import to_utc_naive


@dataclass(frozen=True)
class Evaluated:
    """A segment as it was just evaluated. `is_edited`: it, or one that it asks for, has another version now;
    `is_new`: it was never evaluated before."""

    name: str
    version: str
    is_edited: bool
    is_new: bool


@dataclass(frozen=True)
class Change:
    """The tables that an evaluation makes of a state and its successor."""

    members: pa.Table
    history: pa.Table


def compare_membership(
    world: World, audiences: Audiences, evaluated: Mapping[str, Evaluated], previous: pa.Table | None,
    since: datetime | None,
) -> Change:  # fmt: skip
    """The complete new state and one history row per profile that entered or left.

    The earlier state is read through the aliases: who merged into another profile hasn't left, and the
    earlier entrance stays. A change has the reason `first` (the segment's first evaluation), `definition`
    (it was edited, or is gone), `behaviour` (rows of the profile took effect since) or `time`.
    """
    _lay_present(world, audiences)
    _lay_previous(world, previous)
    _lay_evaluated(world, evaluated)
    parameters = {"as_of": to_utc_naive(world.as_of), "since": to_utc_naive(since) if since else None}
    return Change(
        members=world.warehouse.arrow(_MEMBERS, {"as_of": to_utc_naive(world.as_of)}),
        history=world.warehouse.arrow(_HISTORY, parameters),
    )


def _lay_present(world: World, audiences: Audiences) -> None:
    names, parts = [], []
    for name in audiences.bits:
        members = audiences.members(name)
        names.append(pa.repeat(name, len(members)))
        parts.append(members)
    empty = pa.array([], pa.string())
    columns = {
        "segment": pa.concat_arrays([empty, *names]),
        "profile_id": pa.concat_arrays([empty, *(part.cast(pa.string()) for part in parts)]),
    }
    world.warehouse.connection.register("present_members", pa.table(columns))


def _lay_previous(world: World, previous: pa.Table | None) -> None:
    """Who was in, under present ids."""
    members = (
        "SELECT '' AS segment, '' AS version, '' AS profile_id, NULL::TIMESTAMP AS entered_at WHERE FALSE"
    )
    if previous is not None:
        world.warehouse.connection.register("earlier_members", previous)
        members = "FROM earlier_members"
    world.warehouse.connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE previous_members AS
        SELECT
            old.segment,
            MIN(old.version) AS version,
            COALESCE(aliases.profile_id, old.profile_id) AS profile_id,
            MIN(old.entered_at) AS entered_at
        FROM ({members}) AS old
        LEFT JOIN aliases ON old.profile_id = aliases.alias_id
        GROUP BY old.segment, COALESCE(aliases.profile_id, old.profile_id)
        """
    )


def _lay_evaluated(world: World, evaluated: Mapping[str, Evaluated]) -> None:
    schema = pa.schema(
        [
            ("segment", pa.string()),
            ("version", pa.string()),
            ("is_edited", pa.bool_()),
            ("is_new", pa.bool_()),
        ]
    )
    rows = [
        {"segment": each.name, "version": each.version, "is_edited": each.is_edited, "is_new": each.is_new}
        for each in evaluated.values()
    ]
    world.warehouse.connection.register("evaluated", pa.Table.from_pylist(rows, schema=schema))


_MEMBERS = """
    SELECT
        present_members.segment,
        evaluated.version,
        present_members.profile_id,
        COALESCE(previous_members.entered_at, CAST($as_of AS TIMESTAMP)) AS entered_at,
        CAST($as_of AS TIMESTAMP) AS as_of
    FROM present_members
    INNER JOIN evaluated ON present_members.segment = evaluated.segment
    LEFT JOIN previous_members
        ON present_members.segment = previous_members.segment
        AND present_members.profile_id = previous_members.profile_id
    ORDER BY present_members.segment, present_members.profile_id
"""

_HISTORY = """
    WITH changed AS (
        SELECT
            COALESCE(new.segment, old.segment) AS segment,
            COALESCE(new.profile_id, old.profile_id) AS profile_id,
            CASE WHEN old.profile_id IS NULL THEN 'entered' ELSE 'left' END AS change,
            old.version AS old_version
        FROM present_members AS new
        FULL JOIN previous_members AS old
            ON new.segment = old.segment AND new.profile_id = old.profile_id
        WHERE new.profile_id IS NULL OR old.profile_id IS NULL
    ),

    behaved AS (
        SELECT DISTINCT profile_id FROM events
        WHERE effective_at >= CAST($since AS TIMESTAMP) AND effective_at < CAST($as_of AS TIMESTAMP)
    )

    SELECT
        changed.segment,
        COALESCE(evaluated.version, changed.old_version) AS version,
        changed.profile_id,
        changed.change,
        CASE
            WHEN evaluated.is_new THEN 'first'
            WHEN evaluated.segment IS NULL OR evaluated.is_edited THEN 'definition'
            WHEN behaved.profile_id IS NOT NULL THEN 'behaviour'
            ELSE 'time'
        END AS reason,
        CAST($as_of AS TIMESTAMP) AS at
    FROM changed
    LEFT JOIN evaluated ON changed.segment = evaluated.segment
    LEFT JOIN behaved ON changed.profile_id = behaved.profile_id
    ORDER BY changed.segment, changed.profile_id, changed.change
"""
