"""From the values of a mapping to SQL, checked against the file's columns before a row is read.

Each value becomes an expression and the faults it may have. A fault is SQL that answers `reason:field` where
the value of a row can't be taken, and NULL where it can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from ingestion.mapping import Mapping, Moment, Value
from ingestion.rows import ORDINAL
from ingestion.zones import offsets, shifted
from kith.definitions import Definition
from kith.warehouse import literal, quote

Keys = tuple[str | int, ...]
NUMERIC = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
)
HAS_OFFSET = r":\d\d([.,]\d+)?\s*[+-]\d{2}(:?\d{2})?$"
SAYS_UTC = r":\d\d([.,]\d+)?\s*(Z|UTC|GMT)$"
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}


@dataclass(frozen=True)
class Expression:
    """SQL of one value and what may be wrong with it."""

    sql: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compiler:
    """Compiles values of one entry. `group_by` names the keys where rows are folded."""

    connection: duckdb.DuckDBPyConnection
    definition: Definition[Mapping]
    columns: dict[str, str]
    group_by: tuple[str, ...] | None = None

    def column(self, name: str, keys: Keys) -> str:
        """A column; of folded rows the first that has a value, unless it is a key."""
        if name not in self.columns and name != ORDINAL:
            raise self.definition.error(
                f"the file has no column '{name}'", keys, expected=f"one of {', '.join(self.columns)}",
                way_out=self._hint(),
            )  # fmt: skip
        found = quote(name)
        return found if self.group_by is None or name in self.group_by else f"arg_min({found}, {ORDINAL})"

    def type_of(self, sql: str, keys: Keys) -> str:
        """The type of an expression; a wrong one is refused with DuckDB's reason."""
        grouping = (
            "" if not self.group_by else " GROUP BY " + ", ".join(quote(name) for name in self.group_by)
        )
        try:
            statements = self.connection.extract_statements(f"SELECT ({sql}) AS x FROM source_rows{grouping}")
            if len(statements) != 1:
                raise self.definition.error("more than one statement", keys, expected="one SQL expression")
            described = self.connection.execute(f"DESCRIBE SELECT ({sql}) AS x FROM source_rows{grouping}")
            return str(described.fetchall()[0][1])
        except duckdb.Error as error:
            reason = str(error).splitlines()[0].removeprefix("Binder Error: ")[:200]
            raise self.definition.error(
                f"the expression doesn't work: {reason}", keys,
                expected=f"SQL over {', '.join([*self.columns, ORDINAL])}",
            ) from None  # fmt: skip

    def text(self, value: Value, keys: Keys) -> Expression:
        """Text in NFC; empty text is no value. For ids and names."""
        sql, kind = self._origin(value, keys)
        if kind in ("DOUBLE", "FLOAT"):
            sql = f"CASE WHEN {sql} = trunc({sql}) THEN {sql}::HUGEINT::VARCHAR ELSE {sql}::VARCHAR END"
        return Expression(f"nullif(trim(nfc_normalize(({sql})::VARCHAR)), '')")

    def json(self, value: Value, keys: Keys) -> Expression:
        """The JSON text of a value, NULL where there is none."""
        sql, kind = self._origin(value, keys)
        field = ".".join(str(key) for key in keys[2:])
        make = _KINDS[value.kind or _natural(kind)]
        if value.kind == "time":
            moment = self.moment(Moment(sql=sql), keys)
            shown = f"strftime({moment.sql}, '\"%Y-%m-%dT%H:%M:%S.%fZ\"')"
            return Expression(shown, tuple(fault for fault in moment.faults if "missing" not in fault))
        made, fault = make(sql)
        given = f"({sql}) IS NOT NULL AND ({sql})::VARCHAR <> ''"
        faults = (
            ()
            if fault is None
            else (f"CASE WHEN {given} AND ({made}) IS NULL THEN '{fault}:{_safe(field)}' END",)
        )
        return Expression(made, faults)

    def moment(self, moment: Moment, keys: Keys) -> Expression:
        """A UTC timestamp, with the faults of absent and unreadable times."""
        sql = self.column(moment.column, keys) if moment.column else f"({moment.sql})"
        kind = self.type_of(sql, keys)
        zone = moment.zone or self.definition.body.zone
        parsed = self._parsed(moment, sql, kind, zone, keys)
        field = _safe(str(keys[-1]))
        missing = f"CASE WHEN {sql} IS NULL OR ({sql})::VARCHAR = '' THEN 'missing_time:{field}' END"
        return Expression(parsed, (missing, f"CASE WHEN ({parsed}) IS NULL THEN 'bad_time:{field}' END"))

    def _parsed(self, moment: Moment, sql: str, kind: str, zone: str, keys: Keys) -> str:
        if kind == "TIMESTAMP WITH TIME ZONE":
            return f"({sql})::TIMESTAMP"
        if moment.format in EPOCHS:
            factor = EPOCHS[moment.format]
            return f"make_timestamp(round(TRY_CAST({sql} AS DOUBLE) * {factor})::BIGINT)"
        if moment.format is not None:
            self._check_format(moment, keys)
            return self._local(f"try_strptime(({sql})::VARCHAR, {literal(moment.format)})", moment, zone)
        if kind in ("DATE", "TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"):
            return self._shift(f"({sql})::TIMESTAMP", zone)
        local = f"TRY_CAST(({sql}) AS TIMESTAMP)"
        with_offset = f"WHEN regexp_matches(({sql})::VARCHAR, {literal(HAS_OFFSET)})"
        parsed = f"CASE {with_offset} THEN TRY_CAST(({sql}) AS TIMESTAMPTZ)::TIMESTAMP"
        shift = self._shift(local, zone)
        if shift != local:
            parsed += f" WHEN regexp_matches(({sql})::VARCHAR, {literal(SAYS_UTC)}) THEN {local}"
        return f"{parsed} ELSE {shift} END"

    def _local(self, parsed: str, moment: Moment, zone: str) -> str:
        """With %z the text says its own offset."""
        aware = "%z" in (moment.format or "") or "%Z" in (moment.format or "")
        return f"({parsed})::TIMESTAMP" if aware else self._shift(parsed, zone)

    def _shift(self, local: str, zone: str) -> str:
        if zone in ("UTC", "Etc/UTC", "GMT"):
            return local
        # The span of the file's own local times bounds the offsets that are needed.
        span = self.connection.execute(f"SELECT min(t), max(t) FROM ({self._span(local)})").fetchone()
        if span is None or span[0] is None:
            return local
        return shifted(local, offsets(zone, span[0], span[1]))

    def _span(self, local: str) -> str:
        grouping = (
            "" if not self.group_by else " GROUP BY " + ", ".join(quote(name) for name in self.group_by)
        )
        return f"SELECT {local} AS t FROM source_rows{grouping}"

    def _check_format(self, moment: Moment, keys: Keys) -> None:
        try:
            self.connection.execute(f"SELECT try_strptime('x', {literal(moment.format or '')})")
        except duckdb.Error as error:
            raise self.definition.error(
                f"'{moment.format}' is no time format: {str(error).splitlines()[0][:120]}", keys,
                expected="a pattern such as %Y%m%d or %d/%m/%Y %H:%M, or epoch_s, epoch_ms, epoch_us",
            ) from None  # fmt: skip

    def _origin(self, value: Value, keys: Keys) -> tuple[str, str]:
        """SQL of where a value comes from, and its type."""
        if value.value is not None:
            return _scalar(value.value), "BOOLEAN" if isinstance(value.value, bool) else _scalar_type(
                value.value
            )
        if value.sql is not None:
            return f"({value.sql})", self.type_of(value.sql, keys)
        sql = self.column(str(value.column), keys)
        if value.case is None:
            return sql, self.columns.get(str(value.column), "BIGINT")
        arms = " ".join(f"WHEN {literal(str(k))} THEN {literal(str(v))}" for k, v in value.case.items())
        otherwise = "NULL" if value.otherwise is None else literal(str(value.otherwise))
        return f"CASE ({sql})::VARCHAR {arms} ELSE {otherwise} END", "VARCHAR"

    def _hint(self) -> str:
        only = len(self.columns) == 1
        return "is the delimiter right? set format: {delimiter: …}" if only else "correct the mapping"


def _safe(field: str) -> str:
    return field.replace("'", "''")


def _scalar(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if isinstance(value, int | float) else literal(value)


def _scalar_type(value: object) -> str:
    return "VARCHAR" if isinstance(value, str) else "BIGINT" if isinstance(value, int) else "DOUBLE"


def _natural(kind: str) -> str:
    if kind in NUMERIC or kind.startswith("DECIMAL"):
        return "exact"
    if kind in ("DOUBLE", "FLOAT"):
        return "number"
    if kind.startswith(("TIMESTAMP", "DATE")):
        return "iso"
    return {"VARCHAR": "text", "BOOLEAN": "exact"}.get(kind, "structure")


def _number(sql: str) -> tuple[str, str]:
    cast = f"TRY_CAST({sql} AS DOUBLE)"
    return f"CASE WHEN isfinite({cast}) THEN {cast}::VARCHAR END", "not_a_number"


def _integer(sql: str) -> tuple[str, str]:
    whole = f"regexp_full_match(trim(({sql})::VARCHAR), '[+-]?[0-9]+([.]0+)?')"
    return f"CASE WHEN {whole} THEN TRY_CAST({sql} AS HUGEINT)::VARCHAR END", "not_an_integer"


def _boolean(sql: str) -> tuple[str, str]:
    text = f"lower(trim(({sql})::VARCHAR))"
    return (
        f"CASE WHEN {text} IN ('true','t','yes','y','1') THEN 'true' "
        f"WHEN {text} IN ('false','f','no','n','0') THEN 'false' END"
    ), "not_a_boolean"


_KINDS: dict[str, Callable[[str], tuple[str, str | None]]] = {
    "text": lambda sql: (f"to_json(nfc_normalize(({sql})::VARCHAR))::VARCHAR", None),
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "json": lambda sql: (
        f"CASE WHEN json_valid(({sql})::VARCHAR) THEN json(({sql})::VARCHAR)::VARCHAR END",
        "not_json",
    ),
    "time": lambda sql: (sql, None),
    "exact": lambda sql: (f"({sql})::VARCHAR", None),
    "iso": lambda sql: (f"strftime(({sql})::TIMESTAMP, '\"%Y-%m-%dT%H:%M:%S.%f\"')", None),
    "structure": lambda sql: (f"to_json({sql})::VARCHAR", None),
}
