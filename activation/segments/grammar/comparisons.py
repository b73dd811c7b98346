"""What a leaf compares with: exactly one operator out of those that its subject has."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from activation.segments.operands import Comparable, Count, Days, Name, Needle, Number, Scalar, Values


class Strict(BaseModel):
    """Nothing that the grammar doesn't name."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Comparison(Strict):
    """Exactly one of the operators that the subclass has."""

    operators: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _exactly_one(self) -> Comparison:
        given = [name for name in self.operators if getattr(self, name) is not None]
        if len(given) != 1:
            known = ", ".join(name.rstrip("_") for name in self.operators)
            found = " and ".join(name.rstrip("_") for name in given) or "no comparison"
            raise ValueError(f"has {found}; expected exactly one of {known}")
        return self

    @property
    def operator(self) -> str:
        return next(name.rstrip("_") for name in self.operators if getattr(self, name) is not None)

    @property
    def operand(self) -> Any:
        return next(value for name in self.operators if (value := getattr(self, name)) is not None)


class ValueComparison(Comparison):
    """Comparisons of a value of any type; which of them a type has is judged where the type is known."""

    operators = (
        "is_", "is_not", "in_", "not_in", "greater", "less", "at_least", "at_most", "between",
        "contains", "starts_with", "ends_with", "missing",
    )  # fmt: skip
    is_: Scalar | None = Field(None, alias="is")
    is_not: Scalar | None = None
    in_: Values | None = Field(None, alias="in")
    not_in: Values | None = None
    greater: Comparable | None = None
    less: Comparable | None = None
    at_least: Comparable | None = None
    at_most: Comparable | None = None
    between: tuple[Comparable, Comparable] | None = None
    contains: Needle | None = None
    starts_with: Needle | None = None
    ends_with: Needle | None = None
    missing: bool | None = None


class Property(ValueComparison):
    """A comparison with a property of an event, `{total: {at_least: 100}}`."""


class CountComparison(Comparison):
    """How many there are to be."""

    operators = ("is_", "at_least", "at_most", "greater", "less", "between")
    is_: Count | None = Field(None, alias="is", ge=0)
    at_least: Count | None = Field(None, ge=0)
    at_most: Count | None = Field(None, ge=0)
    greater: Count | None = Field(None, ge=0)
    less: Count | None = Field(None, ge=0)
    between: tuple[Count, Count] | None = None


class DistinctComparison(CountComparison):
    """How many different values of a property, `{of: category, at_least: 3}`."""

    of: Name


class NumberComparison(Comparison):
    """An order of numbers."""

    operators = ("at_least", "at_most", "greater", "less", "between")
    at_least: Number | None = None
    at_most: Number | None = None
    greater: Number | None = None
    less: Number | None = None
    between: tuple[Number, Number] | None = None


class AmountComparison(NumberComparison):
    """A number made of a property over the events, `{of: total, at_least: 100}`."""

    of: Name


class InstantComparison(Comparison):
    """When something was."""

    operators = ("within", "older_than", "at_least", "at_most", "greater", "less", "between")
    within: Days | None = None
    older_than: Days | None = None
    at_least: Comparable | None = None
    at_most: Comparable | None = None
    greater: Comparable | None = None
    less: Comparable | None = None
    between: tuple[Comparable, Comparable] | None = None
