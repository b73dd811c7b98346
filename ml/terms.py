"""The terms of a prediction: what a file in `definitions/predictions/` may say, whatever the model.

A kind of model that needs more derives its own class, names it as its `terms`, and gets it in `lesson.terms`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from kith.errors import KithError
from kith.times import parse_duration


def _duration(value: Any) -> timedelta:
    try:
        return parse_duration(str(value))
    except KithError as error:
        raise ValueError(str(error)) from None


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]+[smhdw]$", "examples": ["30d"]}),
]


class Part(BaseModel):
    """A part of a file: frozen, and a field it doesn't know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Gate(Part):
    """What a trained model must reach on the latest window. `calibration_error_at_most` is a probability: the
    mean distance of predicted and observed rates over ten bins of equally many out-of-fold people."""

    calibration_error_at_most: float = Field(default=0.02, gt=0, le=1)


class Prediction(Part):
    """One prediction. It is trained anew after `retrain_every`, and speaks no more when its champion was judged
    for the last time `lasts` ago."""

    name: str | None = None
    description: str
    model: str
    horizon: Duration = timedelta(days=30)
    retrain_every: Duration = timedelta(days=7)
    lasts: Duration = timedelta(days=90)
    gate: Gate = Gate()


class Bounds(Part):
    """Bounds on a feature column, both included. An unknown (NULL) value is outside of any bound."""

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _bound_something(self) -> Bounds:
        if self.at_least is None and self.at_most is None:
            raise ValueError("needs at_least or at_most")
        return self


class Recount(Part):
    """An event whose occurrences before the cut-off (in the time `within` before it) bound a count."""

    event: str
    within: Duration | None = None
