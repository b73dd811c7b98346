# pyright: reportAttributeAccessIssue=false
"""A column of values against one comparison."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from activation.segments.columns.column import Column
from activation.segments.terms import Comparison, Kind, Operand
from kith.times import to_utc_naive

Truth = NDArray[np.bool]
Values = NDArray[Any]
FEW = 8


def compare_column(column: Column, comparison: Comparison, kind: Kind) -> Truth:
    """True where the comparison holds; where nothing is known only `missing: true` does."""
    if comparison.operator == "missing":
        return ~column.known if comparison.operands[0] else column.known.copy()
    if kind is Kind.TEXT:
        return _told_texts(column, comparison)
    if comparison.operator == "anniversary":
        return _month_and_day(column.values, comparison) & column.known
    operands = tuple(_number(each) for each in comparison.operands)
    if kind is Kind.REAL:
        return _REALS[comparison.operator](column.values, [float(each) for each in operands]) & column.known
    return (
        _EXACT[comparison.operator](column.values, [each * column.scale for each in operands]) & column.known
    )


def _told_texts(column: Column, comparison: Comparison) -> Truth:
    if column.texts is None or not len(column.texts):
        return np.zeros(len(column.values), bool)
    return texts_compare(column.texts, comparison)[column.values] & column.known


def texts_compare(texts: pa.Array, comparison: Comparison) -> Truth:
    """Each text against a comparison, byte by byte of its UTF-8 as every engine does."""
    told = _TEXTS[comparison.operator](texts, comparison.operands)
    return pc.fill_null(told, False).to_numpy(zero_copy_only=False)


def compare_numbers(values: Values, comparison: Comparison, scale: int = 1) -> Truth:
    """Exact integers, scaled, against numbers."""
    operands = [_number(each) * scale for each in comparison.operands]
    return _EXACT[comparison.operator](values, operands)


def _number(operand: Operand) -> Decimal:
    if isinstance(operand, datetime):
        return Decimal(microseconds(operand))
    if isinstance(operand, date):
        return Decimal((operand - date(1970, 1, 1)).days)
    return Decimal(str(operand)) if not isinstance(operand, bool) else Decimal(int(operand))


def microseconds(instant: datetime) -> int:
    """Since 1970, as moments are kept."""
    return int(np.datetime64(to_utc_naive(instant), "us").astype(np.int64))


def _up(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))


def _down(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_FLOOR))


def _equal(values: Values, number: Decimal) -> Truth:
    if number != number.to_integral_value() or not -(2**63) <= number < 2**63:
        return np.zeros(len(values), bool)
    return np.asarray(values == int(number), bool)


def _any_equal(values: Values, numbers: list[Decimal]) -> Truth:
    if len(numbers) > FEW and values.dtype != object:
        whole = [int(each) for each in numbers if each == each.to_integral_value() and abs(each) < 2**63]
        return np.isin(values, np.array(whole, np.int64))
    found = np.zeros(len(values), bool)
    for number in numbers:
        found |= _equal(values, number)
    return found


# Between integers: x ≥ k says x ≥ ⌈k⌉, x > k says x > ⌊k⌋, and so on, so that no operand is ever rounded.
_EXACT: dict[str, Callable[[Values, list[Decimal]], Truth]] = {
    "is": lambda x, k: _equal(x, k[0]),
    "is_not": lambda x, k: ~_equal(x, k[0]),
    "in": _any_equal,
    "not_in": lambda x, k: ~_any_equal(x, k),
    "greater": lambda x, k: np.asarray(x > _down(k[0]), bool),
    "less": lambda x, k: np.asarray(x < _up(k[0]), bool),
    "at_least": lambda x, k: np.asarray(x >= _up(k[0]), bool),
    "at_most": lambda x, k: np.asarray(x <= _down(k[0]), bool),
    "between": lambda x, k: np.asarray((x >= _up(k[0])) & (x <= _down(k[1])), bool),
    "from_until": lambda x, k: np.asarray((x >= _up(k[0])) & (x < _up(k[1])), bool),
}

_REALS: dict[str, Callable[[Values, list[float]], Truth]] = {
    "greater": lambda x, k: x > k[0],
    "less": lambda x, k: x < k[0],
    "at_least": lambda x, k: x >= k[0],
    "at_most": lambda x, k: x <= k[0],
    "between": lambda x, k: (x >= k[0]) & (x <= k[1]),
}


# Literal, never a pattern.
_TEXTS: dict[str, Callable[[pa.Array, tuple[Any, ...]], pa.Array]] = {
    "is": lambda x, k: pc.equal(x, k[0]),
    "is_not": lambda x, k: pc.not_equal(x, k[0]),
    "in": lambda x, k: pc.is_in(x, pa.array(k, pa.string())),
    "not_in": lambda x, k: pc.invert(pc.is_in(x, pa.array(k, pa.string()))),
    "contains": lambda x, k: pc.match_substring(x, k[0]),
    "starts_with": lambda x, k: pc.starts_with(x, k[0]),
    "ends_with": lambda x, k: pc.ends_with(x, k[0]),
}


def _month_and_day(days: Values, comparison: Comparison) -> Truth:
    """Told once for each day between the first and the last that occur."""
    if not len(days):
        return np.zeros(0, bool)
    first, last = int(days.min()), int(days.max())
    every = np.arange(first, last + 1).astype("datetime64[D]")
    months = every.astype("datetime64[M]")
    number = (every - months).astype(np.int64) + 1
    keys = (months.astype(np.int64) % 12 + 1) * 100 + number
    return np.isin(keys, [int(each) for each in comparison.operands if isinstance(each, int)])[days - first]
