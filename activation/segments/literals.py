"""Typed literals: the only way in which a value of a definition enters SQL."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from activation.segments.dialects import DUCKDB, Dialect
from activation.segments.operands import checked_text
from activation.segments.terms import Kind, Operand
from kith.times import to_utc_naive

DECIMAL_TYPE, AMOUNT_TYPE = "DECIMAL(28, 9)", "DECIMAL(18, 4)"
_NUMBERS = {Kind.DECIMAL: DECIMAL_TYPE, Kind.AMOUNT: AMOUNT_TYPE, Kind.REAL: "DOUBLE"}


def literal(value: Operand, kind: Kind, dialect: Dialect = DUCKDB) -> str:
    """The SQL literal of a value as its kind; a value of any other type is a bug and refused."""
    if kind is Kind.TEXT and isinstance(value, str):
        return dialect.text(checked_text(value))
    if kind is Kind.BOOLEAN and isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if kind is Kind.WHOLE and type(value) is int:
        return f"CAST('{value:d}' AS BIGINT)"
    if kind in _NUMBERS and isinstance(value, Decimal):
        return f"CAST('{value:f}' AS {_NUMBERS[kind]})"
    if kind is Kind.INSTANT and isinstance(value, datetime):
        return f"TIMESTAMP '{to_utc_naive(value):%Y-%m-%d %H:%M:%S.%f}'"
    if kind is Kind.DATE and type(value) is date:
        return f"DATE '{value.isoformat()}'"
    raise TypeError(f"{type(value).__name__} is no {kind}")


def name_literal(text: str, dialect: Dialect = DUCKDB) -> str:
    """A name (of an event, a model, a segment) as a text literal."""
    return literal(text, Kind.TEXT, dialect)
