"""Leaves about what people did."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, field_validator, model_validator

from activation.segments.grammar.comparisons import (
    AmountComparison,
    CountComparison,
    DistinctComparison,
    InstantComparison,
    Property,
    Strict,
)
from activation.segments.operands import MOST_DAYS, Days, Gap, Name

MOST_PERIODS, MOST_FILTERS = 60, 50


def _with_the_short_form(schema: dict[str, Any]) -> None:
    """Editors are to know that a value may stand for its equality."""
    value = {"type": ["number", "string", "boolean"]}
    schema["additionalProperties"] = {"anyOf": [schema["additionalProperties"], value]}


class Filtered(Strict):
    """Events that pass filters on their properties."""

    where: dict[Name, Property] = Field(
        default_factory=dict, max_length=MOST_FILTERS, json_schema_extra=_with_the_short_form
    )

    @field_validator("where", mode="before")
    @classmethod
    def _equality_for_short(cls, filters: Any) -> Any:
        if not isinstance(filters, dict):
            return filters
        return {key: value if isinstance(value, dict) else {"is": value} for key, value in filters.items()}


class Happened(Filtered):
    """Such events in a window."""

    within: Days | None = None


class Did(Happened):
    """It happened at least once, `{did: Order Completed, within: 30d}`."""

    did: Name


class DidNot(Happened):
    """It never happened, `{did_not: Order Completed, within: 30d}`; true of people without any event."""

    did_not: Name


class Event(Happened):
    """What the events amount to: exactly one measure, in a window or in each of several periods.

    `{event: Order Completed, sum: {of: total, at_least: 100}, within: 90d}`;
    `{event: Order Completed, count: {at_least: 2}, in_each: 7d, periods: 4}`: two in each of the last four weeks.
    """

    measures: ClassVar[tuple[str, ...]] = (
        "count", "days", "distinct", "sum", "average", "minimum", "maximum", "first", "last",
    )  # fmt: skip
    event: Name
    count: CountComparison | None = None
    days: CountComparison | None = None
    distinct: DistinctComparison | None = None
    sum: AmountComparison | None = None
    average: AmountComparison | None = None
    minimum: AmountComparison | None = None
    maximum: AmountComparison | None = None
    first: InstantComparison | None = None
    last: InstantComparison | None = None
    in_each: Days | None = None
    periods: int | None = Field(None, ge=2, le=MOST_PERIODS, strict=True)

    @model_validator(mode="after")
    def _one_measure(self) -> Event:
        given = [name for name in self.measures if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "no measure"
            raise ValueError(f"has {found}; expected exactly one of {', '.join(self.measures)}")
        if (self.in_each is None) != (self.periods is None):
            raise ValueError("has one of in_each and periods; expected both, or neither")
        if self.in_each is not None and self.within is not None:
            raise ValueError("has within and in_each; expected one of them")
        if (self.in_each or 0) * (self.periods or 0) > MOST_DAYS:
            raise ValueError(f"looks back {self.in_each} × {self.periods} days; expected at most {MOST_DAYS}")
        return self

    @property
    def measure(self) -> str:
        return next(name for name in self.measures if getattr(self, name) is not None)


class Occurrence(Filtered):
    """One step of a sequence, `{did: Product Added, where: {category: shoes}}`."""

    did: Name


class Sequence(Strict):
    """One event and later, within a gap of elapsed time, another, with nothing of a third from one to the other.

    `{sequence: [{did: Product Added}, {did: Order Completed}], gap: 3d, without: {did: Product Removed}, within: 30d}`
    """

    sequence: tuple[Occurrence, Occurrence]
    gap: Gap | None = None
    without: Occurrence | None = None
    within: Days | None = None
