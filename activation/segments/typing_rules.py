"""Which operators a type has, and how an operand becomes a value of the type."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from activation.segments.operands import LONGEST_SHOWN
from activation.segments.terms import Kind, Operand
from kith.errors import KithError
from kith.times import parse_instant

_EQUALITY = ("is", "is_not", "in", "not_in", "missing")
_ORDER = ("greater", "less", "at_least", "at_most", "between")
_OPERATORS: dict[Kind, tuple[str, ...]] = {
    Kind.TEXT: (*_EQUALITY, "contains", "starts_with", "ends_with"),
    Kind.WHOLE: (*_EQUALITY, *_ORDER),
    Kind.DECIMAL: (*_EQUALITY, *_ORDER),
    Kind.AMOUNT: _ORDER,
    Kind.REAL: (*_ORDER, "missing"),
    Kind.BOOLEAN: ("is", "missing"),
    Kind.DATE: (*_EQUALITY, *_ORDER, "within", "older_than", "anniversary_within"),
    Kind.INSTANT: (*_ORDER, "missing", "within", "older_than"),
}
WHOLE_RANGE = 2**63
AMOUNT_RANGE, AMOUNT_STEP = 10**14, Decimal("0.0001")
# Calendars of engines part before the Gregorian one, and arithmetic ends with the year 9999.
EARLIEST_YEAR, LATEST_YEAR = 1600, 9000


def operators_of(kind: Kind) -> tuple[str, ...]:
    """The operators that a type has. Equality of a float or an instant is an accident, so they have none."""
    return _OPERATORS[kind]


def typed(value: Operand | float, kind: Kind, zone: str) -> Operand:
    """The operand as a value of the type. Raises ValueError, with what was expected, where it is none."""
    if kind is Kind.TEXT and isinstance(value, str):
        return value
    if kind is Kind.BOOLEAN and isinstance(value, bool):
        return value
    if (
        kind in (Kind.WHOLE, Kind.DECIMAL, Kind.AMOUNT, Kind.REAL)
        and isinstance(value, (int, float))
        and not isinstance(value, bool)
    ):
        return _number(value, kind)
    if kind in (Kind.DATE, Kind.INSTANT) and isinstance(value, str):
        return _time(value, kind, zone)
    raise ValueError(f"but it is compared with {_described(value)}; expected {_EXPECTED[kind]}")


def _number(value: int | float, kind: Kind) -> int | Decimal:
    exact = Decimal(repr(value))
    if kind is Kind.AMOUNT and (exact % AMOUNT_STEP or abs(exact) >= AMOUNT_RANGE):
        raise ValueError(f"but it is compared with {value}; expected {_EXPECTED[kind]}")
    if kind is not Kind.WHOLE:
        return exact
    if exact != exact.to_integral_value() or abs(exact) >= WHOLE_RANGE:
        raise ValueError(f"but it is compared with {value}; expected {_EXPECTED[kind]}")
    return int(exact)


def _time(value: str, kind: Kind, zone: str) -> Operand:
    try:
        found = date.fromisoformat(value) if kind is Kind.DATE else parse_instant(value, zone)
    except (ValueError, OverflowError, KithError):
        raise ValueError(f"but it is compared with {_described(value)}; expected {_EXPECTED[kind]}") from None
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise ValueError(
            f"but it is compared with '{value}'; expected a year from {EARLIEST_YEAR} to {LATEST_YEAR}"
        )
    return found


def _described(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return (
            f"the text '{value}'" if len(value) <= LONGEST_SHOWN else f"the text '{value[:LONGEST_SHOWN]}…'"
        )
    return f"the number {value}"


_EXPECTED = {
    Kind.TEXT: "text in quotes",
    Kind.WHOLE: "a whole number",
    Kind.DECIMAL: "a number",
    Kind.AMOUNT: "a number below 10^14 with at most four fractional digits",
    Kind.REAL: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.DATE: "a date such as 2026-05-01",
    Kind.INSTANT: "a date or instant such as 2026-05-01T08:00:00Z",
}
