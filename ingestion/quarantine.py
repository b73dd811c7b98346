"""Rows set aside: one file for each segment or import, named by what it came from, so that a rerun after a
crash writes the same file again and nothing twice."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kith.durable import sync_file, sync_folder
from kith.lake import Home

QUARANTINE_SCHEMA = pa.schema(
    [
        ("line", pa.int64()),
        ("reason", pa.string()),
        ("field", pa.string()),
        ("detail", pa.string()),
        ("raw", pa.binary()),
        ("batch_id", pa.string()),
        ("position", pa.int64()),
        ("source", pa.string()),
        ("received_at", pa.timestamp("us")),
    ]
)


@dataclass(frozen=True)
class QuarantineFile:
    """The rows set aside of one segment or import. `about` says what replaying them needs."""

    name: str
    path: Path
    about: Mapping[str, Any]

    def rows(self) -> pa.Table:
        return pq.read_table(self.path, schema=QUARANTINE_SCHEMA)


def set_aside(home: Home, name: str, rows: pa.Table, about: Mapping[str, Any]) -> Path | None:
    """Write the file, durably and at once; without rows an old one of that name goes."""
    path = home.quarantine / f"{name.replace('/', '-')}.parquet"
    if rows.num_rows == 0:
        path.unlink(missing_ok=True)
        return None
    home.quarantine.mkdir(parents=True, exist_ok=True)
    said = {b"about": json.dumps({**about, "name": name}).encode()}
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    pq.write_table(rows.cast(QUARANTINE_SCHEMA).replace_schema_metadata(said), fresh, compression="zstd")
    sync_file(fresh)
    fresh.replace(path)
    sync_folder(path.parent)
    return path


def quarantine_files(home: Home) -> list[QuarantineFile]:
    """Everything set aside, by name."""
    found: list[QuarantineFile] = []
    for path in sorted(home.quarantine.glob("*.parquet")):
        if path.name.startswith("."):
            continue
        about = json.loads((pq.read_schema(path).metadata or {}).get(b"about", b"{}"))
        found.append(QuarantineFile(about.get("name", path.stem), path, about))
    return found
