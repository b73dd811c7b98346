"""Rows that break a row rule: found before any event is written, set aside whole, and counted.

faults(row_ordinal, fault)     `reason:field`, one a row
good_rows                      all others, each with its number among equal rows
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.entries import Statement
from ingestion.quarantine import QUARANTINE_SCHEMA
from ingestion.rows import ORDINAL, Source
from kith.errors import KithError
from kith.warehouse import literal

SAYS = {
    "bad_time": "is no time in the form that the mapping says",
    "missing_time": "is empty where the mapping reads a time",
    "not_a_number": "is no number",
    "not_an_integer": "is no whole number",
    "not_a_boolean": "is neither true nor false",
    "not_json": "is no JSON",
    "missing_identifier": "leaves nobody to whom the event belongs",
    "missing_event": "names no event",
    "missing_key": "has no key to be folded by",
    "group_disagrees": "differs among rows that are folded into one event",
    "group_incomplete": "belongs to a group of which another row was set aside",
    "time_out_of_range": "lies before 1990 or after its arrival",
    "no_event": "makes no event under any entry",
}


@dataclass(frozen=True)
class Counts:
    """rows_in = passed + set_aside; `nobody` of those set aside name nobody."""

    rows_in: int
    passed: int
    set_aside: int
    nobody: int


def find_faults(
    connection: duckdb.DuckDBPyConnection, statements: Sequence[Statement], source: Source
) -> None:
    """Fill `faults` and make the view `good_rows`."""
    each = " UNION ALL ".join(f"({statement.faults})" for statement in statements)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE faults AS
        SELECT {ORDINAL}, min(fault) AS fault FROM ({each}) WHERE fault IS NOT NULL GROUP BY {ORDINAL}""")
    if not any(statement.when == "TRUE" for statement in statements):
        taken = " OR ".join(f"coalesce({statement.when}, FALSE)" for statement in statements)
        connection.execute(
            f"INSERT INTO faults SELECT {ORDINAL}, 'no_event:when' FROM judged_rows WHERE NOT ({taken})"
        )
    while any(_widen(connection, statement) for statement in statements if statement.keys):
        pass
    _number_equals(connection, source)


def _widen(connection: duckdb.DuckDBPyConnection, statement: Statement) -> int:
    """The other rows of a folded group go with a faulty one: a fold with lines is whole or not at all."""
    keys = ", ".join(statement.keys)
    found = connection.execute(f"""
        INSERT INTO faults
        WITH of_entry AS (FROM judged_rows WHERE {statement.when}),
        broken AS (SELECT DISTINCT {keys} FROM of_entry WHERE {ORDINAL} IN (SELECT {ORDINAL} FROM faults))
        SELECT {ORDINAL}, 'group_incomplete:group_by' FROM of_entry SEMI JOIN broken USING ({keys})
        WHERE {ORDINAL} NOT IN (SELECT {ORDINAL} FROM faults)
        """).fetchone()
    return int(found[0]) if found else 0


def _number_equals(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Equal rows are no duplicates: each gets its number among its equals, the first without a look-up."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE equals AS
        WITH repeated AS (SELECT hash({source.content}) AS h FROM judged_rows GROUP BY 1 HAVING count(*) > 1),
        numbered AS (
            SELECT {ORDINAL}, row_number() OVER (PARTITION BY {source.content} ORDER BY {ORDINAL}) AS number
            FROM judged_rows WHERE hash({source.content}) IN (SELECT h FROM repeated))
        SELECT {ORDINAL}, number FROM numbered WHERE number > 1""")
    good = "" if _is_empty(connection, "faults") else f"WHERE {ORDINAL} NOT IN (SELECT {ORDINAL} FROM faults)"
    if _is_empty(connection, "equals"):
        select = f"SELECT *, 1 AS row_number_among_equals FROM judged_rows {good}"
    else:
        select = f"""SELECT judged_rows.*, coalesce(equals.number, 1) AS row_number_among_equals
            FROM judged_rows LEFT JOIN equals USING ({ORDINAL}) {good}"""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW good_rows AS {select}")


def count_faults(connection: duckdb.DuckDBPyConnection) -> Counts:
    """How many rows passed, and how many not. Misfits are rows too."""
    found = connection.execute("""
        SELECT (SELECT count(*) FROM judged_rows), (SELECT count(*) FROM faults),
               (SELECT count(*) FROM misfits),
               (SELECT count(*) FROM faults WHERE starts_with(fault, 'missing_identifier'))""").fetchone()
    rows, faults, misfits, nobody = found or (0, 0, 0, 0)
    return Counts(rows + misfits, rows - faults, faults + misfits, nobody)


def explain_if_nothing_passed(
    connection: duckdb.DuckDBPyConnection, path: Path, counts: Counts, source: Source
) -> None:
    """No row passed: the mapping doesn't fit the file. One clear sentence, and nothing is written."""
    if counts.rows_in == 0:
        raise KithError("the file has no row for this mapping", where=str(path), expected="at least one row")
    if counts.passed:
        return
    found = connection.execute(f"""
        SELECT fault, count(*) AS n, min({ORDINAL})
        FROM faults GROUP BY fault ORDER BY n DESC, fault""").fetchone()
    if found is None:
        line, reason = connection.execute(
            "SELECT line, reason FROM misfits ORDER BY line LIMIT 1"
        ).fetchone() or (1, "")
        raise KithError(
            f"no line can be read: {reason}", where=f"{path}:{line}", expected="one JSON object a line"
        )
    reason, _, name = str(found[0]).partition(":")
    example = connection.execute(
        f"SELECT left({source.raw}, 200) FROM judged_rows WHERE {ORDINAL} = ?", [found[2]]
    ).fetchone()
    raise KithError(
        f"not one of {counts.rows_in:,} rows can land: {name} {SAYS.get(reason, reason)}, for example in"
        f" {example[0] if example else ''}",
        where=f"{path}:{source.first_line_number + found[2] - 1}: {name}",
        expected="for a time ISO 8601, or the format that 'format' of its time says"
        if "time" in reason
        else None,
        way_out="correct the mapping; nothing was landed",
    )


def rows_at_fault(
    connection: duckdb.DuckDBPyConnection, source: Source, name: str, batch_id: str
) -> pa.Table:
    """All rows set aside with their line, reason, field and what they were."""
    first = source.first_line_number - 1
    line = (
        f"{ORDINAL} + {first}"
        if source.is_numbered_by_line
        else f"{ORDINAL} + {first} + _misfits_before({ORDINAL})"
    )
    connection.execute(_misfits_before(first))
    found = connection.execute(f"""
        SELECT {line} AS line, split_part(fault, ':', 1) AS reason,
               substr(fault, strpos(fault, ':') + 1) AS field,
               NULL::VARCHAR AS detail, encode({source.raw}) AS raw, {literal(batch_id)} AS batch_id,
               {ORDINAL} AS position, {literal(name)} AS source, NULL::TIMESTAMP AS received_at
        FROM faults JOIN judged_rows USING ({ORDINAL})
        UNION ALL
        SELECT line, reason, NULL, detail, encode(coalesce(raw, '')), {literal(batch_id)}, NULL,
               {literal(name)}, NULL
        FROM misfits ORDER BY line""")
    return found.to_arrow_table().cast(QUARANTINE_SCHEMA)


def _misfits_before(first: int) -> str:
    """A row's line counts the misfits above it: the n-th misfit stands at line m, so above row r if
    m - n < r + first. Line ends inside quoted values are not counted."""
    return f"""
        CREATE OR REPLACE TEMP MACRO _misfits_before(r) AS (
            SELECT count(*) FROM (SELECT line, row_number() OVER (ORDER BY line) AS n FROM misfits)
            WHERE line - n < r + {first})"""


def _is_empty(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is None
