"""What a prediction is: a file in `definitions/predictions/` that names a model and the terms it works on."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from kith.definitions import Definition, load_kind
from kith.errors import KithError
from kith.settings import Settings
from kith.times import parse_duration

KIND = "predictions"


def _duration(value: Any) -> timedelta:
    try:
        return parse_duration(str(value))
    except KithError as error:
        raise ValueError(str(error)) from None


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bounds(_Part):
    """Bounds on a feature column, both included. An unknown (NULL) value is outside of any bound."""

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _bound_something(self) -> Bounds:
        if self.at_least is None and self.at_most is None:
            raise ValueError("needs at_least or at_most")
        return self


class Recount(_Part):
    """An event whose occurrences before the cut-off (in the time `within` before it) bound a count."""

    event: str
    within: Duration | None = None


class Gate(_Part):
    """What a trained model must reach on the test window. `calibration_error_at_most` is a probability: the
    mean distance of predicted and observed rates over ten bins of equally many people."""

    calibration_error_at_most: float = Field(default=0.05, gt=0, le=1)


class Prediction(_Part):
    """One prediction. `label` is a column of the features; counts of rows are per window."""

    name: str | None = None
    description: str
    model: str
    horizon: Duration
    label: str
    population: dict[str, Bounds] = Field(default_factory=dict)
    minimum_rows: int = Field(default=200, ge=1)
    minimum_of_each_answer: int = Field(default=30, ge=2)
    maximum_rows: int = Field(default=500_000, ge=1_000)
    retrain_every: Duration = timedelta(days=7)
    gate: Gate = Gate()
    recount: dict[str, Recount] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_a_label(self) -> Prediction:
        if not self.label.endswith("_label"):
            raise ValueError(f"'{self.label}' is no label: such columns end in _label")
        return self


def load_predictions(settings: Settings) -> list[Definition[Prediction]]:
    """All predictions, by file."""
    return load_kind(settings, KIND, Prediction)


def find_prediction(settings: Settings, name: str) -> Definition[Prediction]:
    """One prediction, or an error that lists those that are defined."""
    found = {definition.name: definition for definition in load_predictions(settings)}
    if name not in found:
        raise KithError(
            f"there is no prediction '{name}'",
            where=str(settings.definitions / KIND),
            expected="one of " + ", ".join(found) if found else "a file there",
        )
    return found[name]
