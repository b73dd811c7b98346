"""Definitions land as tables, a row per version, so that any past run can be read against their text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kith.definitions.loader import Definition
from kith.lake import Home, LakeTable, commit, commits
from kith.times import format_instant, to_utc_naive

ROOM = "definitions"


def version_table(kind: str) -> LakeTable:
    """The lake's table of one kind: `lake/definitions/<commit>/<kind>.parquet`."""
    texts = [(name, pa.string()) for name in ("kind", "name", "version", "body", "path")]
    return LakeTable(ROOM, kind, pa.schema([*texts, ("effective_at", pa.timestamp("us"))]))


def land_versions(
    home: Home, table: LakeTable, definitions: Iterable[Definition[Any]], as_of: datetime
) -> int:
    """Append the versions that are not the latest of their name; answers how many.

    `path` is the place below the folder of definitions: no path of a machine enters the lake.
    """
    latest = landed_versions(home, table)
    rows = [
        {
            "kind": table.name,
            "name": each.name,
            "version": each.version,
            "body": each.json,
            "path": f"{each.path.parent.name}/{each.path.name}",
            "effective_at": to_utc_naive(as_of),
        }
        for each in definitions
        if latest.get(each.name) != each.version
    ]
    if rows:
        with commit(home, table.room, {"as_of": format_instant(as_of), "kind": table.name}) as writer:
            writer.write(table.name, pa.Table.from_pylist(rows, schema=table.schema))
    return len(rows)


def landed_versions(home: Home, table: LakeTable) -> dict[str, str]:
    """The version of each name that landed last."""
    found: dict[str, str] = {}
    for each in commits(home, table.room):
        if (file := each.table(table.name)).exists():
            found |= {row["name"]: row["version"] for row in pq.read_table(file).to_pylist()}
    return found
