"""All computed attributes, defined and evaluated, in one list."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq

from activation.segments.computation import load_attributes
from activation.segments.computation.tables import EVALUATIONS, ROOM
from kith.lake import Home, latest_commit
from kith.settings import Settings


def list_all(settings: Settings) -> list[dict[str, Any]]:
    """One row per attribute: what it is, and what its last evaluation found (None: never evaluated)."""
    definitions = load_attributes(settings)
    latest = latest_commit(Home(settings.home), ROOM)
    rows = pq.read_table(latest.table(EVALUATIONS.name)).to_pylist() if latest else []
    evaluated = {row["attribute"]: row for row in rows}
    return [
        {
            "attribute": name,
            "type": each.body.type,
            "measure": each.body.measure,
            "event": each.body.event,
            "values": evaluated[name]["value_count"] if name in evaluated else None,
            "evaluated_at": evaluated[name]["as_of"] if name in evaluated else None,
            "is_edited_since": name in evaluated and evaluated[name]["version"] != each.version,
            "description": " ".join(each.body.description.split()),
        }
        for name, each in sorted(definitions.items())
    ]
