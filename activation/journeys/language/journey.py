"""One file below `activation/definitions/journeys/`: who comes in, what happens to them in order, what ends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from activation.journeys.language.arguments import filled, holes
from activation.journeys.language.blocks import steps_type
from activation.journeys.language.entry import Enter
from activation.journeys.language.exits import Exit, Goal, State
from activation.journeys.language.step import Keys, Step, walk
from activation.journeys.language.values import Fraction, Word
from activation.segments.grammar.comparisons import Strict
from activation.segments.operands import Prose, Scalar

if TYPE_CHECKING:
    from activation.journeys.language.step import Steps
else:
    Steps = steps_type()

MOST_EXITS = 20


class JourneyBody(Strict):
    """A journey. One without `enter` is a part of others (`- journey: name`); `arguments` are what they may tell it,
    each with the value that stands where nothing is told."""

    name: Word | None = None
    description: Prose = ""
    state: State = "draft"
    enter: Enter | None = None
    arguments: dict[Word, Scalar] = Field(default_factory=dict, max_length=50)
    stop_when: tuple[Exit, ...] = Field((), max_length=MOST_EXITS)
    goal: Goal | None = None
    purpose: Literal["marketing", "transactional"] = "marketing"
    holdout: Fraction = 0.0
    caps: Literal["all"] | tuple[Word, ...] = "all"
    priority: int = Field(100, ge=0, le=1000, strict=True)  # the lower one is judged first
    quiet_hours: Literal["keep", "ignore"] = "keep"
    steps: Steps

    @field_validator("stop_when", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return [value] if isinstance(value, dict) else value

    @field_validator("steps", mode="before")
    @classmethod
    def _filled(cls, value: Any, told: ValidationInfo) -> Any:
        """Holes stand for the arguments' own values, so that a part can be checked alone."""
        arguments = told.data.get("arguments", {})
        if unknown := sorted(set(holes(value)) - set(arguments)):
            known = ", ".join(arguments) or "some, of which none is declared"
            raise ValueError(
                f"'${{{unknown[0]}}}' stands for no argument; expected one of arguments: {known}"
            )
        return filled(value, arguments)

    def every_step(self) -> Iterator[tuple[Keys, Step]]:
        """Every step of the file, those inside others too, with its keys."""
        return walk(self.steps, ("steps",))
