"""The rows of a sync in SQL: the source, each row's key, its fingerprints and its content.

Two kinds of fingerprint: `row_hash` is the md5 of the content, the same on every engine and version, and what the lake
keeps. Marks are DuckDB's own hashes, ten times as fast and good for one version of DuckDB:
they say which rows are worth an md5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from activation.destinations.contract import Mode
from activation.syncs.grammar import Consent, Source, Sync
from kith.errors import KithError
from kith.warehouse import Warehouse, literal, quote

_DIGITS = 9  # the last bits of a sum are no news
MARK = "mark"
PERSON = "person"  # in `source`: whose row it is, where a consent is asked for
_INSTANT = "%Y-%m-%dT%H:%M:%S.%fZ"


def column_of(field: str) -> str:
    """A field's column in the view `source`; no field is taken for a column of ours."""
    return quote(f"f:{field}")


def lay_source(warehouse: Warehouse, sync: Sync, where: str) -> Mapping[str, str]:
    """Leave the view `source` (the fields as `f:<field>`, `row_key`, PERSON); answers field → type.

    `where` is the definition's place, for errors. Raises KithError for a column that isn't there.
    """
    _view(warehouse, "source_rows", _select(sync.source), where)
    held = _columns(warehouse, "source_rows")
    if unknown := sorted({column for column in sync.fields.values() if column not in held}):
        raise KithError(
            f"the source has no column {', '.join(unknown)}", where=where, expected=", ".join(sorted(held))
        )
    rows = "source_rows"
    if sync.consent is not None:
        rows = _consenting(warehouse, sync.consent, held, where)
    types = {field: _type(held[column], field, where) for field, column in sync.fields.items()}
    fields = [
        f"{_plain(quote(column), types[field])} AS {column_of(field)}"
        for field, column in sync.fields.items()
    ]
    if sync.consent is not None:
        fields.append(f"CAST(profile_id AS VARCHAR) AS {PERSON}")
    warehouse.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW fields AS SELECT {', '.join(fields)} FROM {rows}"
    )
    warehouse.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW source AS SELECT *, {key_of(sync, types)} AS row_key FROM fields"
    )
    return types


def key_of(sync: Sync, types: Mapping[str, str]) -> str:
    """A row's identity as text: its one key field, or a JSON list of several; an audience's member is all it says."""
    if sync.mode is Mode.AUDIENCE:
        empty = " AND ".join(f"{column_of(field)} IS NULL" for field in sync.fields)
        return f"CASE WHEN NOT ({empty}) THEN {content_of(types)} END"
    if len(sync.key) == 1:
        return f"NULLIF(CAST({column_of(sync.key[0])} AS VARCHAR), '')"
    missing = " OR ".join(f"{column_of(field)} IS NULL" for field in sync.key)
    listed = ", ".join(f"CAST({column_of(field)} AS VARCHAR)" for field in sync.key)
    return f"CASE WHEN NOT ({missing}) THEN CAST(to_json([{listed}]) AS VARCHAR) END"


def content_of(types: Mapping[str, str]) -> str:
    """The fields as one JSON object, in the order of their names; instants as ISO 8601 in UTC."""
    members = ", ".join(
        f"{literal(field)}, {_json(column_of(field), types[field])}" for field in sorted(types)
    )
    return f"CAST(json_object({members}) AS VARCHAR)"


def hash_of(types: Mapping[str, str]) -> str:
    """The md5 of the content: what differs there is told, and DuckDB makes the text once for both."""
    return f"md5({content_of(types)})"


def marks_of(types: Mapping[str, str]) -> str:
    """`place` and MARK: DuckDB's 64-bit hashes of the key and of the fields in the order of their names."""
    return f"hash(row_key) AS place, hash({', '.join(column_of(field) for field in sorted(types))}) AS {MARK}"


@dataclass(frozen=True)
class Shape:
    """The columns of a source as of one run; what a later run is held against."""

    types: Mapping[str, str]

    def drift(self, earlier: Mapping[str, str]) -> Sequence[str]:
        """What is other than it was: `email: varchar → bigint`."""
        return [
            f"{field}: {earlier.get(field, 'absent')} → {self.types.get(field, 'absent')}"
            for field in sorted({*earlier, *self.types})
            if earlier.get(field) != self.types.get(field)
        ]


def _select(source: Source) -> str:
    if source.query is not None:
        return source.query
    if source.table is not None:
        return f"FROM {quote(source.table)}"
    return f"""
        SELECT profiles.*, segment_members.entered_at FROM profiles
        INNER JOIN segment_members ON segment_members.profile_id = profiles.profile_id
        WHERE segment_members.segment = {literal(source.segment or "")}"""


def _view(warehouse: Warehouse, name: str, select: str, where: str) -> None:
    import duckdb

    try:
        statements = warehouse.connection.extract_statements(select)
        if len(statements) != 1 or statements[0].type.name != "SELECT":
            raise KithError("the query must be one SELECT", where=where)
        text = statements[0].query.strip().rstrip(";")
        warehouse.connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {text}")
    except duckdb.Error as error:
        raise KithError(f"its source can't be read: {str(error).splitlines()[0]}", where=where) from None


def _columns(warehouse: Warehouse, relation: str) -> dict[str, str]:
    return {row["column_name"]: row["column_type"] for row in warehouse.rows(f"DESCRIBE {relation}")}


def _consenting(warehouse: Warehouse, consent: Consent, columns: Mapping[str, str], where: str) -> str:
    if "profile_id" not in columns:
        raise KithError(
            "asks for consent, and its source has no column profile_id to ask it for", where=where
        )
    warehouse.connection.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW consenting AS SELECT source_rows.* FROM source_rows
        SEMI JOIN (
            SELECT profile_id FROM consents
            WHERE purpose = {literal(consent.purpose)} AND channel = {literal(consent.channel)} AND is_granted
        ) AS granted ON granted.profile_id = source_rows.profile_id"""
    )
    return "consenting"


def _type(kind: str, field: str, where: str) -> str:
    """The type as a sync knows it; what has no plain form is an error."""
    plain = {
        "VARCHAR": "varchar", "BOOLEAN": "boolean", "DATE": "date", "TIMESTAMP": "timestamp", "DOUBLE": "double",
        "FLOAT": "double", "TIMESTAMP WITH TIME ZONE": "timestamp", "UUID": "varchar", "JSON": "varchar",
    }  # fmt: skip
    if kind in plain:
        return plain[kind]
    if kind.startswith("DECIMAL"):
        return kind.lower()
    if kind.endswith("INT") or kind == "INTEGER":
        return "bigint"
    raise KithError(
        f"the column of {field} is a {kind}",
        where=where,
        expected="text, a number, a boolean, a date or a time",
    )


def _plain(column: str, kind: str) -> str:
    if kind == "double":
        # round(x, 9) as DuckDB computes it, but for a call of pow() each row; what would overflow stays as it is.
        wide = f"CAST({column} AS DOUBLE)"
        rounded = f"round({wide} * 1e{_DIGITS}) / 1e{_DIGITS} + 0.0"
        return f"CASE WHEN abs({wide}) < 1e290 THEN {rounded} WHEN isfinite({wide}) THEN {wide} END"
    return f"CAST({column} AS {kind.upper()})"


def _json(column: str, kind: str) -> str:
    if kind == "timestamp":
        return f"strftime({column}, '{_INSTANT}')"
    if kind == "date":
        return f"CAST({column} AS VARCHAR)"
    return column
