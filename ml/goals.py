"""What a file of a yes or no may say: whose answer, from whom, and what isn't to be learned from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import Field, model_validator

from ml.terms import Bounds, Part, Prediction, Recount

Plain = str | int | float | bool


class Goal(Part):
    """What is foretold, one of the three: that an event comes within the horizon, that none comes, or that a trait
    has a value. `where` holds properties of the event by name (dots lead into nested ones), each with the value or
    the list of values that count."""

    event: str | None = Field(None, min_length=1, description="The event that comes within the horizon.")
    no_event: str | None = Field(None, min_length=1, description="The event that doesn't come.")
    trait: str | None = Field(None, min_length=1, description="The trait that is to be known.")
    where: dict[str, Plain | list[Plain]] = Field(default_factory=dict)
    is_: Plain | list[Plain] | None = Field(None, alias="is", description="The value, or values, of a yes.")

    @model_validator(mode="after")
    def _says_one_thing(self) -> Goal:
        given = [name for name in ("event", "no_event", "trait") if getattr(self, name) is not None]
        if len(given) != 1:
            said = " and ".join(given) if given else "nothing"
            raise ValueError(f"says {said}; expected one of event, no_event, trait")
        if self.where and self.trait:
            raise ValueError("has 'where', which filters events; a trait takes 'is'")
        if (self.is_ is None) == (self.trait is not None):
            raise ValueError("'trait' and 'is' belong together: which value is a yes")
        return self

    @property
    def wanted(self) -> list[Plain]:
        """The values of the trait that are a yes."""
        given = self.is_
        return given if isinstance(given, list) else [] if given is None else [given]

    @property
    def happening(self) -> str | None:
        """The event that is looked for, whether it is to come or not."""
        return self.event or self.no_event


class BinaryPrediction(Prediction):
    """A yes or no. `population` bounds feature columns at the cut-off; `traits` names what people told of themselves
    that is learned from too, as it was then. Counts of rows are per window. `known_before` names columns that are known
    when the question is asked although they look as if they came with the answer."""

    name: str | None = Field(None, pattern="^[a-z][a-z0-9_]{0,62}$")
    goal: Goal
    population: dict[str, Bounds] = Field(default_factory=dict)
    traits: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    known_before: tuple[str, ...] = ()
    minimum_rows: int = Field(default=200, ge=1)
    minimum_of_each_answer: int = Field(default=30, ge=10)
    maximum_rows: int = Field(default=500_000, ge=1_000)
    recount: dict[str, Recount] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _asks_for_what_it_does_not_know(self) -> BinaryPrediction:
        if self.goal.trait in self.traits:
            raise ValueError(f"traits holds '{self.goal.trait}', which is what is to be foretold")
        return self


def json_schema() -> dict[str, Any]:
    """The grammar as a JSON Schema, for editors; published as `docs/schemas/prediction.json`."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    written = BinaryPrediction.model_json_schema(by_alias=True, mode="validation")
    for name, plain in written["properties"].items():
        if plain.get("pattern") and "default" in plain:
            plain["default"] = _written(BinaryPrediction.model_fields[name].default)
    return head | written | {"title": "A yes or no of Kith"}


def _written(duration: timedelta) -> str:
    """As a file writes it."""
    return f"{duration.days}d"
