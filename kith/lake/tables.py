"""The catalogue of lake tables: each room declares its own (entry point `kith.lake_tables`)."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from kith.errors import KithError
from kith.lake.table import LakeTable


@cache
def lake_tables() -> tuple[LakeTable, ...]:
    """Every declared table, by room of origin."""
    declared: list[LakeTable] = []
    for entry in sorted(entry_points(group="kith.lake_tables"), key=lambda point: point.name):
        declared.extend(entry.load())
    return tuple(declared)


def tables_of(room: str) -> list[LakeTable]:
    """The tables that share a room's commits."""
    return [table for table in lake_tables() if table.room == room]


def find_table(room: str, name: str) -> LakeTable:
    """The declared table, or an error that lists what the room has."""
    for table in tables_of(room):
        if table.name == name:
            return table
    known = ", ".join(table.name for table in tables_of(room)) or "no table at all"
    raise KithError(f"no lake table {room}/{name} is declared", expected=known)
