"""`journey`: the steps of another file, written out in this place.

- journey: ask_for_review
  with: {offer: review_thanks}
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from activation.journeys.language.arguments import with_arguments
from activation.journeys.language.step import Step, Word
from activation.journeys.language.values import Word as Name
from activation.segments.operands import Scalar

if TYPE_CHECKING:
    from activation.journeys.language.step import Place

DEEPEST = 5


class SubJourney(Step):
    """Only the other's steps count; it has no `enter` of its own. `with` tells its arguments. Ids of its steps
    have this step's before them, so that two of one kind can be told apart."""

    journey: Name
    with_: dict[Name, Scalar] = Field(default_factory=dict, alias="with", max_length=50)

    def made_id(self) -> str:
        return self.journey

    def compile(self, place: Place, following: str) -> str:
        inner, part = self._inside(place)
        return inner.block(part.steps, following, "steps")

    def claim(self, place: Place) -> None:
        inner, part = self._inside(place)
        inner.claim(part.steps, "steps")

    def _inside(self, place: Place) -> tuple[Place, Any]:
        part = place.draft.parts.get(self.journey)
        if part is None:
            known = ", ".join(sorted(place.draft.parts)) or "none is defined"
            raise place.error(f"there is no journey {self.journey}", "journey", expected=known)
        around = (*place.around, place.definition.name)
        if self.journey in around or len(around) > DEEPEST:
            circle = " in ".join(reversed((*around, self.journey)))
            problem = "holds itself" if self.journey in around else "is nested too deeply"
            raise place.error(
                f"{problem}: {circle}", "journey", expected=f"no circle, at most {DEEPEST} deep"
            )
        if part.body.enter is not None:
            raise place.error(
                f"{self.journey} has a way in of its own",
                "journey",
                expected="a part, without enter",
                way_out="put the steps that both need into a file without enter",
            )
        told = with_arguments(part, self.with_, place)
        place.draft.inlined.add(self.journey)
        prefix = f"{place.step_id(self)}/"
        return replace(place, definition=told, keys=(), prefix=prefix, around=around), told.body


plugin = Word(SubJourney)
