"""A comparison as SQL. What it is compared with may be null; the caller makes the leaf two-valued."""

from __future__ import annotations

from collections.abc import Callable

from activation.segments.literals import AMOUNT_TYPE, DECIMAL_TYPE, literal, name_literal
from activation.segments.terms import Comparison, Filter, Kind
from kith.warehouse import quote

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
    "starts_with": lambda x, v: f"STARTS_WITH({x}, {v[0]})",
    "ends_with": lambda x, v: f"ENDS_WITH({x}, {v[0]})",
}

# What reads as a number: else engines differ (DuckDB takes 1_000 and blanks for one).
NUMBER = "-?[0-9]{1,18}([.][0-9]+)?([eE][+-]?[0-9]{1,2})?"


def compare(
    value: str, comparison: Comparison, kind: Kind, scaled: Callable[[str], str] = lambda operand: operand
) -> str:
    """SQL that is true, false or null; `scaled` is done to each operand first."""
    if comparison.operator == "missing":
        return f"{value} IS NULL" if comparison.operands[0] else f"{value} IS NOT NULL"
    if comparison.operator == "anniversary":
        days = ", ".join(f"{each:d}" for each in comparison.operands if isinstance(each, int))
        return f"MONTH({value}) * 100 + DAY({value}) IN ({days})"
    operands = [scaled(literal(each, kind)) for each in comparison.operands]
    return _OPERATORS[comparison.operator](value, operands)


def column_value(column: str, kind: Kind) -> str:
    """A column as it is compared: what is no finite number is missing."""
    name = f"profiles.{quote(column)}"
    return f"CASE WHEN ISFINITE({name}) THEN {name} END" if kind is Kind.REAL else name


def property_text(keys: tuple[str, ...], document: str) -> str:
    """The text of a property below its keys (a JSON pointer: no character of a key means anything)."""
    pointer = "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
    return f"JSON_EXTRACT_STRING({document}, {name_literal(pointer)})"


def property_value(text: str, each: Filter) -> str:
    """The text of a property read as the kind of the filter; what doesn't read as one is missing."""
    if each.kind is Kind.DECIMAL:
        return f"CASE WHEN REGEXP_FULL_MATCH({text}, '{NUMBER}') THEN TRY_CAST({text} AS {DECIMAL_TYPE}) END"
    if each.kind is Kind.BOOLEAN:
        return f"CASE {text} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
    return text


def amount(text: str) -> str:
    """The text of a property as an amount; what doesn't read as one is missing."""
    number = f"CASE WHEN REGEXP_FULL_MATCH({text}, '{NUMBER}') THEN TRY_CAST({text} AS {AMOUNT_TYPE}) END"
    return f"({number})"


def bucket_value(salt: str) -> str:
    """The bucket of a profile under a salt, as `kith.ids.bucket` finds it."""
    digits = f"SUBSTR(MD5({name_literal(salt)} || ':' || profiles.profile_id), 1, 8)"
    return f"CAST('0x' || {digits} AS BIGINT)"
