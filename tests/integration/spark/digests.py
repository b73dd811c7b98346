"""The checksum of a table in SQL that both engines run, so that no row need leave an engine.

Each value becomes a text that engines agree on (a double rounded to nine digits behind the point, fewer for large
ones; an instant in microseconds; a text preceded by its length), a row the md5 of its texts, and a table the sums of
the md5s' four words: order doesn't matter, a repeated row does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from kith.errors import KithError


@dataclass(frozen=True)
class Dialect:
    """How an engine spells the few functions that have no common name."""

    name: str
    quote: str
    microseconds: str
    word: str


DUCKDB = Dialect("duckdb", '"{}"', "epoch_us({})", "cast('0x' || {} as bigint)")
SPARK = Dialect("spark", "`{}`", "unix_micros({})", "cast(conv({}, 16, 10) as bigint)")

#: Beyond these magnitudes a double is read to fewer digits: the order of a sum shows in its sixteenth digit.
STEPS = ((1e3, 9), (1e6, 6), (1e9, 3))


@dataclass(frozen=True)
class Column:
    """A column's name and its type in the words of the contracts (string, bigint, decimal(18,4) …)."""

    name: str
    type: str


def column_of(name: str, type_name: str) -> Column:
    """A column from what an engine calls its type."""
    words = {"varchar": "string", "timestamp_ntz": "timestamp without zone", "integer": "int"}
    lower = type_name.lower()
    return Column(name, words.get(lower, lower))


def row_digest(columns: Sequence[Column], dialect: Dialect) -> str:
    """An expression: the md5 of a row."""
    return "md5(" + " || '|' || ".join(value_text(column, dialect) for column in columns) + ")"


def value_text(column: Column, dialect: Dialect) -> str:
    """An expression: a column as text, `-` where it is null."""
    name = dialect.quote.format(column.name)
    kind = column.type.split("(")[0]
    if kind == "string":
        text = f"cast(length({name}) as string) || ':' || {name}"
    elif kind in ("bigint", "int", "date"):
        text = f"cast({name} as string)"
    elif kind == "decimal":
        text = _decimal_text(name, int(column.type.strip(")").split(",")[1]))
    elif kind == "boolean":
        text = f"case when {name} then 't' when not {name} then 'f' end"
    elif kind.startswith("timestamp"):
        text = f"cast({dialect.microseconds.format(name)} as string)"
    elif kind == "double":
        text = _double_text(name)
    else:
        raise KithError(f"a checksum of {column.type} is not defined", where=column.name)
    return f"coalesce({text}, '-')"


def _decimal_text(name: str, scale: int) -> str:
    """Units, where Spark would write an exponent (0.0000000 is 0E-7 there)."""
    if scale <= 6:
        return f"cast({name} as string)"
    return f"cast(cast(cast({name} as decimal(38, {scale})) * {10**scale} as decimal(38, 0)) as string)"


def _double_text(name: str) -> str:
    def rounded(digits: int) -> str:
        """A whole number of units: a fraction's text has an exponent on Spark, and none on DuckDB."""
        return f"cast(cast(round({name} * {10**digits}) as decimal(38, 0)) as string)"

    cases = " ".join(f"when abs({name}) < {bound:.0f} then {rounded(digits)}" for bound, digits in STEPS)
    return f"case {cases} else {rounded(0)} end"


def sums_query(table: str, columns: Sequence[Column], dialect: Dialect) -> str:
    """One row: the number of rows and the sums of their md5s' four words."""
    words = [dialect.word.format(f"substr(digest, {start}, 8)") for start in (1, 9, 17, 25)]
    sums = ", ".join(f"cast(sum({word}) as string) as sum_{n}" for n, word in enumerate(words))
    return (
        f"select count(*) as row_count, {sums} "
        f"from (select {row_digest(columns, dialect)} as digest from {table}) as digested"
    )


def checksum(row_count: int, sums: Sequence[str | None]) -> str:
    """Twelve hex digits of a table's rows and sums."""
    text = "|".join([str(row_count), *(each or "0" for each in sums)])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()[:12]
