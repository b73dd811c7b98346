"""A comparison as SQL. What it is compared with may be null; the caller makes the leaf two-valued."""

from __future__ import annotations

from collections.abc import Callable

from activation.segments.dialects import DUCKDB, Dialect
from activation.segments.literals import AMOUNT_TYPE, DECIMAL_TYPE, literal, name_literal
from activation.segments.operands import checked_text
from activation.segments.terms import Comparison, Filter, Kind

Rendering = Callable[[str, list[str]], str]

_OPERATORS: dict[str, Rendering] = {
    "is": lambda x, v: f"{x} = {v[0]}",
    "is_not": lambda x, v: f"{x} <> {v[0]}",
    "in": lambda x, v: f"{x} IN ({', '.join(v)})",
    "not_in": lambda x, v: f"{x} NOT IN ({', '.join(v)})",
    "greater": lambda x, v: f"{x} > {v[0]}",
    "less": lambda x, v: f"{x} < {v[0]}",
    "at_least": lambda x, v: f"{x} >= {v[0]}",
    "at_most": lambda x, v: f"{x} <= {v[0]}",
    "between": lambda x, v: f"({x} >= {v[0]} AND {x} <= {v[1]})",
    "from_until": lambda x, v: f"({x} >= {v[0]} AND {x} < {v[1]})",
    "contains": lambda x, v: f"CONTAINS({x}, {v[0]})",
}


def compare(
    value: str,
    comparison: Comparison,
    kind: Kind,
    scaled: Callable[[str], str] = lambda operand: operand,
    dialect: Dialect = DUCKDB,
) -> str:
    """SQL that is true, false or null; `scaled` is done to each operand first."""
    if comparison.operator == "missing":
        return f"{value} IS NULL" if comparison.operands[0] else f"{value} IS NOT NULL"
    if comparison.operator == "anniversary":
        days = ", ".join(f"{each:d}" for each in comparison.operands if isinstance(each, int))
        return f"MONTH({value}) * 100 + DAY({value}) IN ({days})"
    operands = [scaled(literal(each, kind, dialect)) for each in comparison.operands]
    if comparison.operator in ("starts_with", "ends_with"):
        return f"{getattr(dialect, comparison.operator)}({value}, {operands[0]})"
    return _OPERATORS[comparison.operator](value, operands)


def column_value(column: str, kind: Kind, dialect: Dialect = DUCKDB) -> str:
    """A column as it is compared: what is no finite number is missing."""
    name = f"profiles.{dialect.column(column)}"
    return f"CASE WHEN {dialect.finite(name)} THEN {name} END" if kind is Kind.REAL else name


def property_text(keys: tuple[str, ...], document: str, dialect: Dialect = DUCKDB) -> str:
    """The text of a property below its keys."""
    return dialect.member(document, tuple(checked_text(key) for key in keys))


def property_value(text: str, each: Filter, dialect: Dialect = DUCKDB) -> str:
    """The text of a property read as the kind of the filter; what doesn't read as one is missing."""
    if each.kind is Kind.DECIMAL:
        return dialect.number(text, DECIMAL_TYPE)
    if each.kind is Kind.BOOLEAN:
        return f"CASE {text} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
    return text


def amount(text: str, dialect: Dialect = DUCKDB) -> str:
    """The text of a property as an amount; what doesn't read as one is missing."""
    return f"({dialect.number(text, AMOUNT_TYPE)})"


def bucket_value(salt: str, dialect: Dialect = DUCKDB) -> str:
    """The bucket of a profile under a salt, as `kith.ids.bucket` finds it."""
    return dialect.hexadecimal(
        f"SUBSTR(MD5({name_literal(salt, dialect)} || ':' || profiles.profile_id), 1, 8)"
    )
