"""Definitions land as a table, a row per version: any past evaluation can be read against its text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from activation.segments.grammar import SegmentBody
from activation.segments.tables import DEFINITIONS
from kith.definitions import Definition
from kith.lake import Home, commit, commits
from kith.times import format_instant, to_utc_naive


def land_definitions(home: Home, definitions: Mapping[str, Definition[SegmentBody]], as_of: datetime) -> int:
    """Append the versions that are not the latest of their name; answers how many."""
    latest = landed_versions(home)
    rows = [
        {
            "kind": DEFINITIONS.name,
            "name": name,
            "version": each.version,
            "body": each.json,
            "path": _below_definitions(each.path),
            "effective_at": to_utc_naive(as_of),
        }
        for name, each in definitions.items()
        if latest.get(name) != each.version
    ]
    if rows:
        with commit(
            home, DEFINITIONS.room, {"as_of": format_instant(as_of), "kind": DEFINITIONS.name}
        ) as writer:
            writer.write(DEFINITIONS.name, pa.Table.from_pylist(rows, schema=DEFINITIONS.schema))
    return len(rows)


def landed_versions(home: Home) -> dict[str, str]:
    """The version of each name that landed last."""
    found: dict[str, str] = {}
    for each in commits(home, DEFINITIONS.room):
        file = each.table(DEFINITIONS.name)
        if file.exists():
            found |= {row["name"]: row["version"] for row in pq.read_table(file).to_pylist()}
    return found


def _below_definitions(path: Path) -> str:
    """The place below the folder of definitions: no path of a machine enters the lake."""
    return f"{path.parent.name}/{path.name}"
