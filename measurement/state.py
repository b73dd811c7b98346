"""Committing to a room whose commits each hold the complete state of all its tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq

from kith.lake import Home, commit, lake_tables, latest_commit
from kith.lake.tables import find_table
from kith.times import format_instant


def replace_tables(home: Home, room: str, tables: Mapping[str, pa.Table], as_of: datetime) -> str | None:
    """Put these tables in place of the last ones and carry the room's others over.

    Answers the new commit's name, or None where nothing differs but the column `as_of`.
    """
    held = _held(home, room)
    fresh = held | {name: find_table(room, name).conform(rows) for name, rows in tables.items()}
    if all(_said(held[name]).equals(_said(fresh[name])) for name in tables):
        return None
    with commit(home, room, meta={"as_of": format_instant(as_of)}) as writer:
        for name, rows in fresh.items():
            writer.write(name, rows)
    return writer.name


def _held(home: Home, room: str) -> dict[str, pa.Table]:
    """Each table of the room as the last commit has it; empty where there is none, or none of this shape."""
    last = latest_commit(home, room)
    found = {}
    for table in lake_tables():
        if table.room == room:
            found[table.name] = table.schema.empty_table()
            if last and last.table(table.name).exists():
                rows = pq.read_table(last.table(table.name))
                if set(rows.column_names) == set(table.schema.names):
                    found[table.name] = rows
    return found


def _said(rows: pa.Table) -> pa.Table:
    told = rows.drop_columns("as_of") if "as_of" in rows.column_names else rows
    return told.replace_schema_metadata(None)
