"""Every version of every definition that a run has found, and who edited which file from these pages."""

from __future__ import annotations

import json
from typing import Any

import pyarrow.parquet as pq
import streamlit as st
import yaml
from sqlalchemy import text

from dashboards.reader import Reader
from kith.definitions.versions import ROOM
from kith.lake import Home, commits
from kith.settings import Settings
from kith.state import StateDatabase

#: Kept beside the journeys' log: compiled graphs and templates are parts, not what somebody wrote.
JOURNEYS, PARTS = "journeys", ("graph",)
_PLURALS = {"campaign": "campaigns", "journey": "journeys", "cap": "caps", "template": "templates"}


def versions(reader: Reader) -> list[dict[str, Any]]:
    """`kind, name, version, since, body` (JSON text), the last first; asked once a run."""
    return _versions(str(reader.settings.home), reader.run_id)


@st.cache_data(max_entries=4, show_spinner=False)
def _versions(home: str, run_id: str) -> list[dict[str, Any]]:
    from pathlib import Path

    root = Home(Path(home))
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for room in (ROOM, JOURNEYS):
        for each in commits(root, room):
            for path in sorted(each.path.glob("versions.parquet" if room == JOURNEYS else "*.parquet")):
                for row in _rows(path):
                    found.setdefault((row["kind"], row["name"], row["version"]), row)
    return sorted(found.values(), key=lambda row: (row["since"], row["kind"], row["name"]), reverse=True)


def _rows(path: Any) -> list[dict[str, Any]]:
    file = pq.ParquetFile(path)
    if not {"kind", "name", "version", "body"} <= set(file.schema_arrow.names):
        return []
    return [
        {
            "kind": _PLURALS.get(row["kind"], row["kind"]),
            "name": row["name"],
            "version": row["version"],
            "since": row.get("effective_at") or row.get("as_of"),
            "body": row["body"],
        }
        for row in file.read().to_pylist()
        if row["kind"] not in PARTS
    ]


def as_yaml(body: str) -> str:
    """A version's parsed form as YAML, for reading and comparing: comments and layout were never part of it."""
    try:
        return yaml.safe_dump(json.loads(body), sort_keys=False, allow_unicode=True, width=100)
    except ValueError:
        return body


def edits(settings: Settings, kind: str, name: str) -> list[dict[str, Any]]:
    """`at, actor, action` of what these pages changed of one definition, the last first."""
    database = StateDatabase.open(settings)
    try:
        with database.read() as connection:
            rows = connection.execute(
                text(
                    "SELECT at, actor, action, detail FROM audit WHERE subject = :subject"
                    " ORDER BY entry_id DESC LIMIT 200"
                ),
                {"subject": f"{kind}/{name}"},
            )
            return [dict(row) for row in rows.mappings()]
    finally:
        database.close()
