"""A comparison as data: the operator and its operands are columns, so that one statement judges all of them.

The words and their meaning are those of a segment's leaf (activation/segments/comparisons.py): the operand's type
says what the value is read as, and a value that is missing or doesn't read as one fulfils nothing but `missing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

#: operator, how the value is read ('text', 'number', 'boolean'), the operands as texts and as numbers.
COLUMNS = "operator TEXT, reading TEXT, texts TEXT[], numbers DECIMAL(28, 9)[]"
_NUMBER = "-?[0-9]{1,18}([.][0-9]+)?([eE][+-]?[0-9]{1,2})?"


def row(operator: str, operand: Any) -> tuple[str, str, list[str], list[Decimal]]:
    """The columns of one comparison."""
    operands = list(operand) if isinstance(operand, Sequence) and not isinstance(operand, str) else [operand]
    if operands and all(isinstance(each, bool) for each in operands):
        return operator, "boolean", [str(each).lower() for each in operands], []
    if operands and all(isinstance(each, int | float | Decimal) for each in operands):
        return operator, "number", [], [Decimal(str(each)) for each in operands]
    return operator, "text", [str(each) for each in operands], []


def holds(value: str, c: str) -> str:
    """SQL, true or false: the text `value` against the columns of the relation aliased `c`."""
    number = f"CASE WHEN regexp_full_match({value}, '{_NUMBER}') THEN TRY_CAST({value} AS DECIMAL(28, 9)) END"
    text = f"CASE WHEN {c}.reading = 'text' OR {value} IN ('true', 'false') THEN {value} END"
    return f"""coalesce(CASE
        WHEN {c}.operator = 'missing' THEN ({value} IS NULL) = ({c}.texts[1] = 'true')
        WHEN {c}.reading = 'number' THEN {judged(number, f"{c}.numbers", c)}
        WHEN {c}.operator = 'contains' THEN contains({value}, {c}.texts[1])
        WHEN {c}.operator = 'starts_with' THEN starts_with({value}, {c}.texts[1])
        WHEN {c}.operator = 'ends_with' THEN ends_with({value}, {c}.texts[1])
        ELSE {judged(text, f"{c}.texts", c)} END, false)"""


def judged(value: str, operands: str, c: str) -> str:
    """SQL, or NULL: `value` against the list `operands` of its own type."""
    return f"""CASE {c}.operator
            WHEN 'is' THEN {value} = {operands}[1]
            WHEN 'is_not' THEN {value} <> {operands}[1]
            WHEN 'in' THEN list_contains({operands}, {value})
            WHEN 'not_in' THEN NOT list_contains({operands}, {value})
            WHEN 'greater' THEN {value} > {operands}[1]
            WHEN 'less' THEN {value} < {operands}[1]
            WHEN 'at_least' THEN {value} >= {operands}[1]
            WHEN 'at_most' THEN {value} <= {operands}[1]
            WHEN 'between' THEN {value} >= {operands}[1] AND {value} <= {operands}[2] END"""
