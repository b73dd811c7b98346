"""Files whose rows are to be matched, read as text: every value as written, spaces at its ends gone."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import duckdb

from identity.matching.mapping import Mapping
from kith.errors import KithError
from kith.warehouse import literal, quote

READERS = {
    ".csv": "read_csv({path}, all_varchar = true, header = true, delim = {delimiter}, quote = {quoted})",
    ".csv.gz": "read_csv({path}, all_varchar = true, header = true, delim = {delimiter}, quote = {quoted})",
    ".parquet": "read_parquet({path})",
    ".jsonl": "read_json({path}, format = 'newline_delimited')",
    ".jsonl.gz": "read_json({path}, format = 'newline_delimited')",
    ".ndjson": "read_json({path}, format = 'newline_delimited')",
}
ROW = "row_number"


def read_rows(
    connection: duckdb.DuckDBPyConnection, path: Path, mapping: Mapping, table: str, first: int
) -> list[str]:
    """Make `table` of the file: `row_number` from `first` in the order of the file, and each column as text.

    Answers the names of the columns. Errors name the file: missing, of no known ending, unreadable, empty.
    """
    source = _source(path, mapping)
    try:
        written = [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
        names = [name.strip() for name in written]
        _check_names(path, names)
        columns = ", ".join(
            f"trim(CAST({quote(raw)} AS VARCHAR)) AS {quote(name)}"
            for raw, name in zip(written, names, strict=True)
        )
        connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS"
            f" SELECT row_number() OVER () - 1 + {first} AS {ROW}, {columns} FROM {source}"
        )
    except duckdb.Error as error:
        raise KithError(
            f"can't be read: {str(error).splitlines()[0]}",
            where=str(path),
            expected="rows under a header" if ".csv" in path.name else "one record after the other",
            way_out="see csv.delimiter and csv.quote of the mapping" if ".csv" in path.name else None,
        ) from None
    if not connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]:
        raise KithError("holds no rows", where=str(path), expected="at least two rows under the header")
    return names


def check_columns(path: Path, names: Sequence[str], wanted: Sequence[str], mapping: str) -> None:
    """That the file has every column that the mapping names."""
    held = {name.lower() for name in names}
    for column in wanted:
        if column.lower() in held:
            continue
        raise KithError(
            f"has no column '{column}', which {mapping} names",
            where=str(path),
            expected=f"one of {', '.join(names)}",
            way_out=_hint(column, names, mapping),
        )


def _hint(column: str, names: Sequence[str], mapping: str) -> str:
    signs = [sign for sign in (";", "\t", "|") if len(names) == 1 and sign in names[0]]
    if signs:
        return f"say in {mapping} how the file is written: csv: {{delimiter: {signs[0]!r}}}"
    close = get_close_matches(column, names, n=1)
    return (
        f"did you mean '{close[0]}'?" if close else f"take it out of {mapping}, or name it as the file does"
    )


def _source(path: Path, mapping: Mapping) -> str:
    if not path.is_file():
        raise KithError("there is no such file", where=str(path), expected="a file to match")
    for ending, reader in READERS.items():
        if path.name.lower().endswith(ending):
            return reader.format(
                path=literal(str(path)),
                delimiter=literal(mapping.csv.delimiter),
                quoted=literal(mapping.csv.quote),
            )
    raise KithError(
        "is of no kind that can be read",
        where=str(path),
        expected=f"a name that ends in {', '.join(READERS)}",
    )


def _check_names(path: Path, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen or name.lower() == ROW:
            raise KithError(
                f"has two columns '{name}'" if name.lower() != ROW else f"has a column '{ROW}'",
                where=str(path),
                expected="a header of different names",
                way_out="rename the column",
            )
        seen.add(name.lower())
