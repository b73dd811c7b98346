"""The consent record that the leave rested on: the words of the person's identifiers as they counted at the decision."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from activation.lineage.entry import Entry
from kith.warehouse import Warehouse

Row = Mapping[str, Any]

_WORDS = """
    -- One row per identifier that the message names and the word of it that counted then. Values stay where they are.
    SELECT h.identifier_type, h.is_granted, h.legal_basis, h.evidence, h.event_id, h.known_from, h.binds_at
    FROM consent_history AS h
    JOIN message_identifiers AS i
      ON i.identifier_type = h.identifier_type AND i.identifier_value = h.identifier_value
    WHERE h.purpose = $purpose AND h.channel = $channel AND h.known_from <= $decided_at
      AND (h.known_to IS NULL OR h.known_to > $decided_at)
    ORDER BY h.is_granted, h.known_from DESC, h.identifier_type
"""
_SCHEMA = pa.schema([("identifier_type", pa.string()), ("identifier_value", pa.string())])


def consent_rows(warehouse: Warehouse, row: Row) -> list[dict[str, Any]]:
    """What counted, the strictest first."""
    pairs = [dict(zip(_SCHEMA.names, each, strict=True)) for each in json.loads(row["identifiers"] or "[]")]
    warehouse.connection.register("message_identifiers", pa.Table.from_pylist(pairs, schema=_SCHEMA))
    asked = {name: row[name] for name in ("purpose", "channel", "decided_at")}
    return warehouse.rows(_WORDS, asked)


def consent_entries(found: list[dict[str, Any]], row: Row) -> Iterator[Entry]:
    """A line a word; where there was none, what the purpose's default said."""
    if not found:
        default = "yes, transactional" if row["is_transactional"] else "no"
        yield Entry("consent", "no record", None, {"default": default})
    for each in found:
        names = ("identifier_type", "legal_basis", "evidence", "event_id", "binds_at")
        what = "granted" if each["is_granted"] else "withdrawn"
        yield Entry(
            "consent", what, each["known_from"], {name: each[name] for name in names}, "consent_history"
        )
