"""The grammar of a segment: what its YAML may say.

    name: lapsed_buyers
    who:
      all:
        - {attribute: order_count, at_least: 1}
        - {did_not: Order Completed, within: 60d}
        - score: churn
          at_least: 0.6
          fallback: {attribute: last_order_at, older_than: 45d}

A condition is a group (`all`, `any`, `none`) or a leaf, told by its first key. Every leaf is true or false:
where a value is missing it is false, and `none` is the complement over all profiles. Windows count local
calendar days of the workspace, from a local midnight up to (and without) the instant of the evaluation.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator

from activation.segments.operands import Comparable, Count, Days, Name, Needle, Number, Scalar, Values

DEEPEST = 40
MOST_CONDITIONS = 2_000


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class _Comparison(_Strict):
    """Exactly one of the operators that the subclass has."""

    operators: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _exactly_one(self) -> _Comparison:
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


class _Values(_Comparison):
    """Comparisons of a value."""

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


class Attribute(_Values):
    """An attribute of the profile, `{attribute: country, is: GB}`; a column of the published `profiles`."""

    operators = (*_Values.operators, "within", "older_than")
    attribute: Name
    within: Days | None = None
    older_than: Days | None = None


class Property(_Values):
    """A comparison with a property of an event, `{total: {at_least: 100}}`."""


class Counted(_Comparison):
    """How many rows there are to be."""

    operators = ("is_", "at_least", "at_most", "greater", "less", "between")
    is_: Count | None = Field(None, alias="is", ge=0)
    at_least: Count | None = Field(None, ge=0)
    at_most: Count | None = Field(None, ge=0)
    greater: Count | None = Field(None, ge=0)
    less: Count | None = Field(None, ge=0)
    between: tuple[Count, Count] | None = None


class _Happened(_Strict):
    """Events in a window that pass filters on their properties."""

    within: Days | None = None
    where: dict[Name, Property] = {}

    @field_validator("where", mode="before")
    @classmethod
    def _equality_for_short(cls, filters: Any) -> Any:
        if not isinstance(filters, dict):
            return filters
        return {key: value if isinstance(value, dict) else {"is": value} for key, value in filters.items()}


class Event(_Happened):
    """How often something happened, `{event: Order Completed, count: {at_least: 2}, within: 90d}`."""

    event: Name
    count: Counted


class Did(_Happened):
    """It happened at least once, `{did: Order Completed, within: 30d}`."""

    did: Name


class DidNot(_Happened):
    """It never happened, `{did_not: Order Completed, within: 30d}`; true of people without any event."""

    did_not: Name


class Score(_Comparison):
    """A model's score; who has none is judged by the fallback."""

    operators = ("at_least", "at_most", "greater", "less", "between")
    score: Name
    fallback: Condition
    at_least: Number | None = None
    at_most: Number | None = None
    greater: Number | None = None
    less: Number | None = None
    between: tuple[Number, Number] | None = None


class Member(_Strict):
    """Membership of another segment in the same evaluation, `{segment: big_spenders}`."""

    segment: Name


class All(_Strict):
    """Every condition holds."""

    all: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(_Strict):
    """At least one condition holds."""

    any: tuple[Condition, ...] = Field(min_length=1)


class NoneOf(_Strict):
    """No condition holds."""

    none: tuple[Condition, ...] = Field(min_length=1)


KINDS = ("all", "any", "none", "attribute", "event", "did", "did_not", "score", "segment")


def _kind(value: Any) -> str | None:
    """The tag of the union's member; in brackets, so that no tag is taken for a key of the file."""
    keys = (
        value if isinstance(value, dict) else type(value).model_fields if isinstance(value, BaseModel) else ()
    )
    return next((f"<{kind}>" for kind in KINDS if kind in keys), None)


Condition = Annotated[
    Annotated[All, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[NoneOf, Tag("<none>")]
    | Annotated[Attribute, Tag("<attribute>")]
    | Annotated[Event, Tag("<event>")]
    | Annotated[Did, Tag("<did>")]
    | Annotated[DidNot, Tag("<did_not>")]
    | Annotated[Score, Tag("<score>")]
    | Annotated[Member, Tag("<segment>")],
    Discriminator(
        _kind,
        custom_error_type="unknown_condition",
        custom_error_message="is no condition; expected a mapping with one of " + ", ".join(KINDS),
    ),
]


class SegmentBody(_Strict):
    """One file below `activation/definitions/segments/`."""

    name: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,62}$")
    description: str = ""
    who: Condition

    @field_validator("who", mode="before")
    @classmethod
    def _of_sane_size(cls, who: Any) -> Any:
        """Looked at level by level, so that no depth of nesting can exhaust the stack."""
        level, depth, count = [who], 0, 0
        while level:
            depth, count = depth + 1, count + len(level)
            if depth > DEEPEST * 2 or count > MOST_CONDITIONS * 20:
                raise ValueError(
                    f"is too large; expected at most {DEEPEST} levels and {MOST_CONDITIONS} conditions"
                )
            level = [child for each in level for child in _children(each)]
        return who


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return [each for each in value if isinstance(each, (dict, list))] if isinstance(value, list) else []


Score.model_rebuild()
for group in (All, AnyOf, NoneOf):
    group.model_rebuild()
SegmentBody.model_rebuild()


def json_schema() -> dict[str, Any]:
    """The grammar as a JSON Schema, for editors."""
    return SegmentBody.model_json_schema(by_alias=True)
