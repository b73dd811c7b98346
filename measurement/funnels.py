"""A funnel as an analyst writes it: steps that people take within a window, counted per profile.

    name: purchase
    order: ordered
    within: 7d
    breakdown: {session: channel}
    steps:
      - {name: viewed, event: Product Viewed}
      - {name: added, event: Product Added, where: {price: {at_least: 10}}}
      - {name: bought, order: completed}

What the words mean is said once, in docs/analytics.md; dbt's models and the reference of the tests follow it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from measurement.fields import Duration, Name, Strict

MOST_STEPS = 8
#: A property of an event at the top, or one level down; a column of an order or of a session.
Property = Annotated[
    str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$", max_length=128)
]
Scalar = bool | int | float | str
Number = Annotated[float, Field(allow_inf_nan=False)]

ORDER_COLUMNS = (
    "order_amount",
    "net_amount",
    "discount_amount",
    "currency",
    "status",
    "line_count",
    "source",
)
SESSION_COLUMNS = ("channel", "channel_group", "device", "page_count", "event_count", "order_count")


class Condition(Strict):
    """One comparison; who lacks the value meets none but `missing: true`."""

    operators: ClassVar[tuple[str, ...]] = (
        "is_", "is_not", "in_", "not_in", "greater", "less", "at_least", "at_most",
        "contains", "starts_with", "ends_with", "missing",
    )  # fmt: skip
    is_: Scalar | None = Field(None, alias="is")
    is_not: Scalar | None = None
    in_: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=1000)] | None = Field(None, alias="in")
    not_in: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=1000)] | None = None
    greater: Number | None = None
    less: Number | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    contains: str | None = Field(None, min_length=1)
    starts_with: str | None = Field(None, min_length=1)
    ends_with: str | None = Field(None, min_length=1)
    missing: bool | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Condition:
        given = [name.rstrip("_") for name in self.operators if getattr(self, name) is not None]
        if len(given) != 1:
            known = ", ".join(name.rstrip("_") for name in self.operators)
            raise ValueError(f"has {' and '.join(given) or 'no comparison'}; expected exactly one of {known}")
        return self

    @property
    def operator(self) -> str:
        return next(name.rstrip("_") for name in self.operators if getattr(self, name) is not None)

    @property
    def operand(self) -> Any:
        return next(value for name in self.operators if (value := getattr(self, name)) is not None)


class Step(Strict):
    """What a person does: an event by its name, a page or screen, an order, or the start of a session."""

    kinds: ClassVar[tuple[str, ...]] = ("event", "type", "order", "session")
    name: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    event: Annotated[str, Field(min_length=1)] | None = None
    type: Literal["page", "screen"] | None = None
    order: Literal["completed"] | None = None
    session: Literal["started"] | None = None
    where: dict[Property, Condition] = Field(default_factory=dict)

    @field_validator("where", mode="before")
    @classmethod
    def _equality_for_short(cls, conditions: Any) -> Any:
        if not isinstance(conditions, dict):
            return conditions
        return {key: value if isinstance(value, dict) else {"is": value} for key, value in conditions.items()}

    @model_validator(mode="after")
    def _one_kind(self) -> Step:
        given = [kind for kind in self.kinds if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(
                f"is {' and '.join(given) or 'nothing'}; expected one of {', '.join(self.kinds)}"
            )
        columns = {"order": ORDER_COLUMNS, "session": SESSION_COLUMNS}.get(given[0])
        unknown = [name for name in self.where if columns and name not in columns]
        if unknown:
            raise ValueError(f"{given[0]} has no '{unknown[0]}'; expected one of {', '.join(columns or ())}")
        return self

    @property
    def kind(self) -> str:
        return next(kind for kind in self.kinds if getattr(self, kind) is not None)

    @property
    def act(self) -> str:
        """What `act_kind` says in the warehouse of a row that may be this step."""
        named = {"event": f"track:{self.event}", "type": str(self.type)}
        return named.get(self.kind, self.kind)

    @property
    def label(self) -> str:
        return self.name or self.event or self.type or f"{self.kind} {getattr(self, self.kind)}"


class Breakdown(Strict):
    """Exactly one: a property of the first step's event, or a column of its session or of the profile."""

    of_event: Property | None = Field(None, alias="property")
    session: Literal["channel", "channel_group", "device"] | None = None
    profile: Literal["country", "city", "locale", "usual_device", "favourite_category"] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Breakdown:
        if sum(part is not None for part in (self.of_event, self.session, self.profile)) != 1:
            raise ValueError("expected exactly one of property, session, profile")
        return self

    @property
    def kind(self) -> str:
        return "property" if self.of_event else "session" if self.session else "profile"

    @property
    def column(self) -> str:
        return self.of_event or self.session or str(self.profile)


class Funnel(Strict):
    """One file of definitions/funnels."""

    name: Name
    description: str = ""
    order: Literal["ordered", "strict", "any"] = "ordered"
    within: Duration = timedelta(days=7)
    period: Duration = timedelta(days=90)
    attempts: Literal["any", "first"] = "any"
    breakdown: Breakdown | None = None
    steps: Annotated[tuple[Step, ...], Field(min_length=2, max_length=MOST_STEPS)]

    @model_validator(mode="after")
    def _property_of_an_event(self) -> Funnel:
        asked = self.breakdown is not None and self.breakdown.kind == "property"
        if asked and self.steps[0].kind not in ("event", "type"):
            raise ValueError("a breakdown by property needs a first step that is an event")
        return self
