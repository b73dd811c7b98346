"""All segments, defined and evaluated, in one list."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq

from activation.segments.evaluation import ROOM, load_segments
from kith.lake import Home, latest_commit
from kith.settings import Settings


def list_all(settings: Settings) -> list[dict[str, Any]]:
    """One row per segment: where it is defined, its size and time at the last evaluation (None: never)."""
    definitions = load_segments(settings)
    latest = latest_commit(Home(settings.home), ROOM)
    sizes: dict[str, int] = {}
    evaluated: dict[str, str] = {}
    as_of = None
    if latest is not None:
        evaluated, as_of = dict(latest.meta["versions"]), latest.meta["as_of"]
        members = pq.read_table(latest.table("members"), columns=["segment"])
        counts = members["segment"].value_counts().to_pylist()
        sizes = {row["values"]: row["counts"] for row in counts}
    return [
        {
            "segment": name,
            "kind": "yaml" if name in definitions else "sql",
            "members": sizes.get(name, 0) if name in evaluated else None,
            "evaluated_at": as_of if name in evaluated else None,
            "is_edited_since": name in definitions and evaluated.get(name) != definitions[name].version,
            "description": " ".join(definitions[name].body.description.split())
            if name in definitions
            else "",
        }
        for name in sorted({*definitions, *evaluated})
    ]
