"""The exact definitions and templates behind what was planned, kept with it.

A file may change between the plan and the send, or be asked about a year later; what was meant is here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from activation.journeys.programme import Programme
from activation.journeys.tables import VERSIONS
from kith.lake import Home, commits
from kith.times import to_utc_naive

Key = tuple[str, str, str]


def new_versions(home: Home, programme: Programme, as_of: datetime) -> pa.Table:
    """Rows of VERSIONS for live journeys and what they use, without those already kept."""
    known = _known(home)
    rows = [
        {"kind": kind, "name": name, "version": version, "body": body, "as_of": to_utc_naive(as_of)}
        for (kind, name, version), body in _present(programme)
        if (kind, name, version) not in known
    ]
    return pa.Table.from_pylist(rows, schema=VERSIONS.schema)


def _present(programme: Programme) -> Iterator[tuple[Key, str]]:
    live = {journey.name for journey in programme.journeys}
    for definition in programme.definitions:
        if definition.name in live:
            yield ("campaign", definition.name, definition.version), definition.json
    for cap in programme.caps.values():
        yield ("cap", cap.name, cap.version), cap.json
    for name in sorted({step.template for journey in programme.journeys for step in journey.steps}):
        template = programme.templates[name]
        yield ("template", name, template.version), json.dumps(dict(template.files), sort_keys=True)


def _known(home: Home) -> set[Key]:
    rows: list[dict[str, Any]] = []
    for each in commits(home, "journeys"):
        file = each.path / "versions.parquet"
        rows += pq.read_table(file, columns=["kind", "name", "version"]).to_pylist()
    return {(row["kind"], row["name"], row["version"]) for row in rows}
