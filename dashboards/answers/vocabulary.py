"""Which names and values there are to build conditions of: events, attributes, properties, scores, each with how many.

All of it is read from the published snapshot, so a masked visitor's values come masked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboards.reader import Reader
from kith.settings import Settings
from kith.warehouse import Warehouse, literal, quote

#: Of an event the latest rows are looked at for its properties; all of ten million would take seconds.
ROWS_LOOKED_AT, VALUES_SHOWN = 4_000, 60
#: Values of these tell people apart rather than group them: nobody chooses from a list of them.
IDENTIFIERS = ("email", "phone", "user_id", "first_name", "last_name", "address")

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Vocabulary:
    """Names by kind, with how many there are of each (events seen, members, scores); 0 where it isn't known."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    events: Counts = field(default_factory=dict)
    scores: Counts = field(default_factory=dict)
    segments: Counts = field(default_factory=dict)
    lists: Counts = field(default_factory=dict)
    templates: Counts = field(default_factory=dict)
    campaigns: Counts = field(default_factory=dict)
    channels: Counts = field(default_factory=dict)
    purposes: Counts = field(default_factory=dict)


def read_vocabulary(reader: Reader, segments: list[str], lists: Counts, computed: Counts) -> Vocabulary:
    """The names of one snapshot; `segments`, `lists` and `computed` attributes are told by the definitions and lake."""
    sizes = _counts(reader, "segments", "segment", "any_value(member_count)")
    return Vocabulary(
        attributes={**_attribute_kinds(reader), **dict.fromkeys(computed, "computed")},
        events=_counts(reader, "events_daily", "coalesce(event, type)", "sum(event_count)"),
        scores=_counts(reader, "scores", "model"),
        segments={name: sizes.get(name, 0) for name in sorted({*segments, *sizes})},
        lists=lists,
        templates=_counts(reader, "messages", "template"),
        campaigns=_counts(reader, "messages", "campaign"),
        channels=_counts(reader, "consents", "channel"),
        purposes=_counts(reader, "consents", "purpose"),
    )


def properties_of(reader: Reader, event: str) -> Counts:
    """Names of an event's properties, in how many of its latest rows each stands."""
    if "properties" not in reader.columns("events"):
        return {}
    rows = reader.rows(
        f"""
        WITH seen AS (
            SELECT properties FROM events
            WHERE event = $event AND properties IS NOT NULL LIMIT {ROWS_LOOKED_AT}
        ),

        named AS (SELECT unnest(json_keys(properties)) AS name FROM seen)

        SELECT name, count(*) AS seen_count FROM named GROUP BY name ORDER BY seen_count DESC, name LIMIT 200""",
        event=event,
    )
    return {row["name"]: row["seen_count"] for row in rows}


def property_values(reader: Reader, event: str, name: str) -> Counts:
    """The commonest values of a property among the event's latest rows."""
    if "properties" not in reader.columns("events"):
        return {}
    path = "$." + ".".join(f'"{each}"' for each in name.replace('"', "").split("."))
    rows = reader.rows(
        f"""
        WITH seen AS (
            SELECT properties ->> $path AS told FROM events
            WHERE event = $event AND properties IS NOT NULL LIMIT {ROWS_LOOKED_AT}
        )

        SELECT told, count(*) AS seen_count FROM seen WHERE told IS NOT NULL
        GROUP BY told ORDER BY seen_count DESC, told LIMIT {VALUES_SHOWN}""",
        event=event,
        path=path,
    )
    return {row["told"]: row["seen_count"] for row in rows}


def attribute_values(reader: Reader, attribute: str) -> Counts:
    """The commonest texts of an attribute; none of an identifier, which is everybody's own."""
    if attribute in IDENTIFIERS or attribute not in reader.columns("profiles"):
        return {}
    rows = reader.rows(
        f"""
        SELECT CAST({quote(attribute)} AS VARCHAR) AS told, count(*) AS people FROM profiles
        WHERE {quote(attribute)} IS NOT NULL GROUP BY told ORDER BY people DESC, told LIMIT {VALUES_SHOWN}"""
    )
    return {row["told"]: row["people"] for row in rows}


def list_counts(settings: Settings) -> Counts:
    """Uploaded lists, with the rows of their last upload."""
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("lists")
        rows = warehouse.rows(
            "SELECT list, arg_max(accepted_count, published_at) AS people FROM lake_lists_uploads GROUP BY list"
            " ORDER BY list"
        )
    return {row["list"]: row["people"] for row in rows}


def _attribute_kinds(reader: Reader) -> dict[str, str]:
    """Columns of the profiles with their kind: text, number, whole, boolean, date or instant."""
    rows = reader.rows(
        f"""
        SELECT column_name, lower(data_type) AS type FROM duckdb_columns()
        WHERE table_name = {literal("profiles")} AND schema_name = 'main' AND column_name <> 'profile_id'
        ORDER BY column_index"""
    )
    kinds = {row["column_name"]: _kind(row["type"]) for row in rows}
    return {name: kind for name, kind in kinds.items() if kind}


def _kind(type_: str) -> str:
    found = {"varchar": "text", "boolean": "boolean", "date": "date", "double": "real", "float": "real"}
    if type_.startswith("decimal"):
        return "number"
    if type_.startswith("timestamp"):
        return "instant"
    return found.get(type_, "whole" if "int" in type_ else "")


def _counts(reader: Reader, table: str, name: str, count: str = "count(*)") -> dict[str, int]:
    if not reader.columns(table):
        return {}
    rows = reader.rows(
        f"SELECT {name} AS name, {count} AS seen_count FROM {table} GROUP BY 1 ORDER BY seen_count DESC, name"
    )
    return {row["name"]: int(row["seen_count"] or 0) for row in rows if row["name"]}
