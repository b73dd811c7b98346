"""What the definitions of this room are made of: strict fields, durations and shares in a person's words."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from kith.errors import KithError
from kith.times import parse_duration


class Strict(BaseModel):
    """A definition holds what its room knows and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    try:
        found = parse_duration(str(value))
    except KithError as error:
        raise ValueError(str(error)) from None
    if not found:
        raise ValueError(f"'{value}' is no time at all: expected more than 0s")
    return found


def _share(value: object) -> float:
    text = str(value).strip()
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        raise ValueError(f"'{value}' is no share: expected a percentage such as 40%") from None
    if not 0 <= number <= 1:
        raise ValueError(f"'{value}' is no share: expected 0% to 100%")
    return number


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Share = Annotated[float, BeforeValidator(_share)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]


def microseconds(duration: timedelta) -> int:
    """A duration as the whole number of microseconds that SQL reckons with."""
    return round(duration / timedelta(microseconds=1))
