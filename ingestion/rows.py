"""The rows of a file as a table of text or typed columns, the records that don't fit set apart.

source_rows(row_ordinal, <columns>)   what the mapping sees; row_ordinal counts the file's rows from 1
misfits(line, reason, detail, raw)    records that are no row: their column count, quotes, encoding, JSON
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from ingestion.files import RawFile, first_line
from ingestion.mapping import Format
from kith.errors import KithError
from kith.warehouse import literal, quote

ORDINAL = "row_ordinal"
ABSENT, BETWEEN = "chr(30)", "chr(31)"
LONGEST_LINE = 16_000_000
REASONS = {
    "MISSING COLUMNS": "too_few_columns",
    "TOO MANY COLUMNS": "too_many_columns",
    "UNQUOTED VALUE": "broken_quotes",
    "INVALID ENCODING": "wrong_encoding",
    "LINE SIZE OVER MAXIMUM": "line_too_long",
}


@dataclass(frozen=True)
class Source:
    """The loaded file: its columns with DuckDB's types, and SQL for a row's content and its raw JSON."""

    columns: dict[str, str]
    content: str
    raw: str
    first_line_number: int
    is_numbered_by_line: bool


def load_rows(connection: duckdb.DuckDBPyConnection, file: RawFile, layout: Format) -> Source:
    """Fill `source_rows` and `misfits`."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE misfits (line BIGINT, reason TEXT, detail TEXT, raw TEXT)"
    )
    if file.kind == "parquet":
        return _load_parquet(connection, file)
    if file.kind == "json":
        return _load_json(connection, file)
    return _load_csv(connection, file, layout)


def _load_parquet(connection: duckdb.DuckDBPyConnection, file: RawFile) -> Source:
    try:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE loaded AS FROM read_parquet({literal(str(file.readable))})"
        )
    except duckdb.Error as error:
        raise KithError(f"the Parquet file can't be read: {_first(error)}", where=str(file.path)) from None
    return _present(connection, file, _columns_of(connection, "loaded"), 1)


def _load_csv(connection: duckdb.DuckDBPyConnection, file: RawFile, layout: Format) -> Source:
    head = first_line(file)
    delimiter = file.delimiter or _likely_delimiter(head)
    names = layout.columns or next(csv.reader([head], delimiter=delimiter, quotechar=layout.quote or '"'))
    names = [name.strip() for name in names]
    _check_names(file, names)
    quotes = "" if layout.delimiter == "spaces" else layout.quote
    _read_csv(connection, file, "loaded", names, delimiter, quotes, skip=int(layout.header))
    _check_shape(connection, file, names, delimiter)
    return _present(connection, file, dict.fromkeys(names, "VARCHAR"), 1 + int(layout.header))


def _load_json(connection: duckdb.DuckDBPyConnection, file: RawFile) -> Source:
    _read_csv(connection, file, "loaded", ["line"], chr(31), "", skip=0)
    connection.execute("""
        INSERT INTO misfits
        SELECT rowid + 1, CASE WHEN json_valid(line) THEN 'not_an_object' ELSE 'not_json' END, NULL, line
        FROM loaded WHERE line IS NOT NULL AND (NOT json_valid(line) OR NOT starts_with(ltrim(line), '{'))""")
    is_good = "line IS NOT NULL AND json_valid(line) AND starts_with(ltrim(line), '{')"
    keys = connection.execute(
        f"SELECT DISTINCT unnest(json_keys(line)) AS key FROM loaded WHERE {is_good} ORDER BY key"
    ).fetchall()
    names = [str(key) for (key,) in keys]
    if not names:
        first = connection.execute("SELECT line, raw FROM misfits ORDER BY line LIMIT 1").fetchone() or (
            1,
            "",
        )
        raise KithError(
            f"no line is a JSON object, the first is {str(first[1])[:80]!r}", where=f"{file.path}:{first[0]}",
            expected='one object a line, such as {"id": 1}', way_out="set format: {kind: …} in the mapping",
        )  # fmt: skip
    _check_names(file, names)
    paths = ", ".join(literal(pointer(name)) for name in names)
    fields = ", ".join(f"found[{number}] AS {quote(name)}" for number, name in enumerate(names, start=1))
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW source_rows AS
        SELECT {ORDINAL}, line AS "$line", {fields or "NULL AS nothing"}
        FROM (SELECT rowid + 1 AS {ORDINAL}, line, json_extract_string(line, [{paths}]::VARCHAR[]) AS found
              FROM loaded WHERE {is_good})""")
    return Source(dict.fromkeys(names, "VARCHAR"), '"$line"', '"$line"', 1, True)


def source_of_json(
    connection: duckdb.DuckDBPyConnection, rows: pa.Table, columns: dict[str, str], is_json: bool
) -> Source:
    """`source_rows` again, of rows that were set aside: `raw` holds each as JSON, `position` its ordinal."""
    connection.register("set_aside", rows)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE loaded AS SELECT position, decode(raw) AS line FROM set_aside"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE misfits (line BIGINT, reason TEXT, detail TEXT, raw TEXT)"
    )
    connection.unregister("set_aside")
    fields = ", ".join(
        f"json_extract_string(line, {literal(pointer(name))})::{kind} AS {quote(name)}"
        for name, kind in columns.items()
    )
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW source_rows AS
        SELECT position AS {ORDINAL}, line AS "$line", {fields} FROM loaded WHERE json_valid(line)""")
    content = '"$line"' if is_json else _content(columns)
    return Source(dict(columns), content, '"$line"', 1, True)


def _content(columns: Iterable[str]) -> str:
    texts = ", ".join(f"coalesce({quote(name)}::VARCHAR, {ABSENT})" for name in columns)
    return f"concat_ws({BETWEEN}, {texts})"


def _read_csv(
    connection: duckdb.DuckDBPyConnection,
    file: RawFile, table: str, names: list[str], delimiter: str, quotes: str, skip: int,
) -> None:  # fmt: skip
    columns = "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names) + "}"
    try:
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE {table} AS FROM read_csv({literal(str(file.readable))},
            auto_detect = false, header = false, skip = {skip}, columns = {columns},
            delim = {literal(delimiter)}, quote = {literal(quotes)}, escape = {literal(quotes)},
            max_line_size = {LONGEST_LINE}, store_rejects = true)""")
    except duckdb.Error as error:
        raise KithError(f"the file can't be read: {_first(error)}", where=str(file.path)) from None
    known = " ".join(f"WHEN {literal(name)} THEN {literal(reason)}" for name, reason in REASONS.items())
    connection.execute(f"""
        INSERT INTO misfits
        SELECT line, CASE arg_min(error_type::TEXT, line_byte_position) {known} ELSE 'not_a_row' END,
               any_value(error_message), any_value(rtrim(csv_line, chr(10) || chr(13)))
        FROM reject_errors GROUP BY line;
        DELETE FROM reject_errors; DELETE FROM reject_scans;""")


def _present(
    connection: duckdb.DuckDBPyConnection, file: RawFile, columns: dict[str, str], first_line_number: int
) -> Source:
    """The view `source_rows` over the loaded table."""
    _check_names(file, columns)
    names = [quote(name) for name in columns]
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW source_rows AS "
        f"SELECT rowid + 1 AS {ORDINAL}, {', '.join(names)} FROM loaded"
    )
    raw = (
        "to_json({"
        + ", ".join(f"{literal(name)}: {quote(name)}::VARCHAR" for name in columns)
        + "})::VARCHAR"
    )
    return Source(columns, _content(columns), raw, first_line_number, file.kind != "csv")


def _check_names(file: RawFile, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen or name == ORDINAL or not name:
            problem = (
                f"two columns are named '{name}'" if name.lower() in seen else f"a column is named '{name}'"
            )
            raise KithError(
                problem, where=f"{file.path}: header",
                expected=f"names that differ, none of them '{ORDINAL}' or empty",
                way_out="name the columns in the mapping: format: {header: false, columns: […]}",
            )  # fmt: skip
        seen.add(name.lower())


def _check_shape(
    connection: duckdb.DuckDBPyConnection, file: RawFile, names: list[str], delimiter: str
) -> None:
    """Not one record fits: the delimiter or the columns are wrong; quarantining all would hide it."""
    if connection.execute("SELECT 1 FROM loaded LIMIT 1").fetchone():
        return
    worst = connection.execute("SELECT line, detail, raw FROM misfits ORDER BY line LIMIT 1").fetchone()
    if worst is None:
        raise KithError("the file has a header and no row", where=str(file.path), expected="at least one row")
    raise KithError(
        f"no line has the {len(names)} columns {', '.join(names)} parted by {delimiter!r}",
        where=f"{file.path}:{worst[0]}", expected=f"not {str(worst[2])[:80]!r}",
        way_out="set format: {delimiter: …} in the mapping",
    )  # fmt: skip


def pointer(key: str) -> str:
    """A key of a JSON object as a JSON pointer (RFC 6901): right for any key, unlike a path."""
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _likely_delimiter(head: str) -> str:
    return max(",;\t|", key=head.count)


def _columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    return {str(row[0]): str(row[1]) for row in described}


def _first(error: duckdb.Error) -> str:
    return str(error).splitlines()[0][:200]
