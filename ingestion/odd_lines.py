"""Lines that SQL alone misjudges: numbers that are none, and nesting without an end.

A cheap look finds the few lines that may be odd; those are read strictly, one by one.
"""

from __future__ import annotations

import re

import duckdb
import orjson
import pyarrow as pa

from kith.warehouse import literal

ODD_NUMBER = r"[:,\[]\s*-?(?i:nan|inf)"
TOO_DEEP, NO_NUMBER = ODD_FAULTS = ("too_deep:", "not_a_number:")
DEEPEST = 100  # levels; engines' own parsers give up somewhere between 500 and 1,000
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
_SCHEMA = pa.schema([("batch_id", pa.string()), ("position", pa.int64()), ("odd_fault", pa.string())])


def odd_lines(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """What SQL can't judge, of the few lines that look so. DuckDB's parser takes NaN and Infinity for numbers and any
    depth; a line of many brackets, or of eight in a row, is measured."""
    suspects = connection.execute(f"""
        SELECT batch_id, position, line FROM lines
        WHERE ((contains(line, 'nan') OR contains(line, 'NaN') OR contains(line, 'NAN')
            OR contains(line, 'inf') OR contains(line, 'Inf') OR contains(line, 'INF'))
            AND regexp_matches(line, {literal(ODD_NUMBER)}))
        OR contains(line, '}}}}}}}}}}}}}}}}') OR contains(line, '[[[[[[[[')
        OR (strlen(line) > 1500 AND 2 * strlen(line) - strlen(replace(line, '{{', '')) - strlen(replace(line, '[', ''))
            > {DEEPEST})""").fetchall()
    found = [(batch, position, _odd_fault(line)) for batch, position, line in suspects]
    rows = [dict(zip(_SCHEMA.names, each, strict=True)) for each in found if each[2]]
    return pa.Table.from_pylist(rows, _SCHEMA)


def _odd_fault(line: str) -> str | None:
    if _depth(line) > DEEPEST:
        return TOO_DEEP
    return None if _is_strict(line) else NO_NUMBER


def _depth(line: str) -> int:
    """How many objects and lists lie inside each other at most; brackets inside text don't count."""
    depth = deepest = 0
    for found in _TOKENS.finditer(line):
        mark = line[found.start()]
        depth += (mark in "{[") - (mark in "}]")
        deepest = max(deepest, depth)
    return deepest


def _is_strict(line: str) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True
