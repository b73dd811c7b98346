"""A comparison of the grammar as a comparison of terms: its operands in the type of what they are compared with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from activation.segments.grammar.comparisons import Comparison as Given
from activation.segments.terms import Comparison, Kind, Operand
from activation.segments.typing_rules import operators_of, typed
from activation.segments.windows import coming_days, day_bounds
from kith.definitions import Definition

Keys = tuple[str | int, ...]


def typed_comparison(
    definition: Definition[Any],
    given: Given,
    kind: Kind,
    keys: Keys,
    what: str,
    as_of: datetime,
    zone: str,
) -> Comparison:
    """`what` names the subject in a refusal, as in "'country' is a text"."""
    operator, place = given.operator, (*keys, given.operator)
    if operator not in operators_of(kind):
        raise definition.error(what, place, expected="one of " + ", ".join(operators_of(kind)))
    if operator == "missing":
        return Comparison("missing", (bool(given.operand),))
    if operator == "anniversary_within":
        return Comparison("anniversary", coming_days(as_of, given.operand, zone))
    if operator in ("within", "older_than"):
        start, end = day_bounds(as_of, given.operand, zone, kind)
        return (
            Comparison("from_until", (start, end)) if operator == "within" else Comparison("less", (start,))
        )
    operands: list[Operand] = []
    for each in operands_of(given.operand):
        try:
            operands.append(typed(each, kind, zone))
        except ValueError as error:
            if isinstance(given.operand, tuple):
                place = (*place, len(operands))
            raise definition.error(f"{what}, {error}", place) from None
    return Comparison(operator, tuple(operands))


def operands_of(operand: Any) -> tuple[Any, ...]:
    """One operand, or those of a set or a range."""
    return operand if isinstance(operand, tuple) else (operand,)
