"""One value against one comparison, in plain Python: what the engines that don't speak SQL agree upon.

Values are typed as the columns are: text, int, Decimal, float (finite), bool, date, aware datetime; None is
missing, and false of everything but `missing: true`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from activation.segments.dialects import NUMBER
from activation.segments.terms import Comparison, Filter, Kind

AMOUNT_SCALE = 10_000
_READABLE = re.compile(NUMBER)
_AMOUNT, _DECIMAL = (Decimal("0.0001"), Decimal(10) ** 14), (Decimal("0.000000001"), Decimal(10) ** 19)

_JUDGES: dict[str, Callable[[Any, tuple[Any, ...]], bool]] = {
    "is": lambda value, operands: value == operands[0],
    "is_not": lambda value, operands: value != operands[0],
    "greater": lambda value, operands: value > operands[0],
    "less": lambda value, operands: value < operands[0],
    "at_least": lambda value, operands: value >= operands[0],
    "at_most": lambda value, operands: value <= operands[0],
    "between": lambda value, operands: operands[0] <= value <= operands[1],
    "from_until": lambda value, operands: operands[0] <= value < operands[1],
    "contains": lambda value, operands: operands[0] in value,
    "starts_with": lambda value, operands: value.startswith(operands[0]),
    "ends_with": lambda value, operands: value.endswith(operands[0]),
    "anniversary": lambda value, operands: month_and_day(value) in operands,
}


def judge(value: Any, comparison: Comparison) -> bool:
    """Whether the comparison holds of a value."""
    if comparison.operator == "missing":
        return (value is None) == comparison.operands[0]
    if value is None:
        return False
    if comparison.operator in ("in", "not_in"):
        return (value in comparison.members) == (comparison.operator == "in")
    return _JUDGES[comparison.operator](value, comparison.operands)


def passes(text: str | None, each: Filter) -> bool:
    """Whether the text of a property passes a filter."""
    return judge(read_property(text, each.kind), each.comparison)


def read_property(text: str | None, kind: Kind) -> str | Decimal | bool | None:
    """The text of a property as a value of the kind that it is compared as; None where it doesn't read as one."""
    if kind is Kind.DECIMAL:
        return read_number(text, *_DECIMAL)
    if kind is Kind.BOOLEAN:
        return {"true": True, "false": False}.get(text or "")
    return text


def read_amount(text: str | None) -> int | None:
    """The text of a property as an amount, in ten-thousandths."""
    number = read_number(text, *_AMOUNT)
    return None if number is None else int(number * AMOUNT_SCALE)


def read_number(text: str | None, step: Decimal, end: Decimal) -> Decimal | None:
    """A number rounded to `step`, half away from zero; None if the text is none, or not within ±`end`."""
    if text is None or not _READABLE.fullmatch(text):
        return None
    number = Decimal(text)
    if abs(number) >= end:
        return None
    rounded = number.quantize(step, ROUND_HALF_UP)
    return rounded if abs(rounded) < end else None


def month_and_day(day: date) -> int:
    """Month * 100 + day."""
    return day.month * 100 + day.day
