"""`repeat`: steps again and again, at most so many times.

- repeat:
    at_most: 3
    until: {did: Order Completed, within: 7d}
    steps:
      - {send: reminder, by: email}
      - wait: 2d
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from activation.journeys.graph import Branch
from activation.journeys.language.conditions import If
from activation.journeys.language.step import Keys, Step, Word
from activation.segments.grammar.comparisons import Strict

if TYPE_CHECKING:
    from activation.journeys.language.step import Place, Steps

MOST_LAPS = 100


class Laps(Strict):
    """The steps of a lap, and how often. `until` is asked after each lap but the last: where it holds, on."""

    at_most: int = Field(ge=2, le=MOST_LAPS, strict=True)
    until: If | None = None
    steps: Steps


class RepeatStep(Step):
    """Written out lap by lap, so that every pass ends."""

    repeat: Laps

    def made_id(self) -> str:
        return f"repeat:{self.repeat.until.in_words() if self.repeat.until else self.repeat.at_most}"

    def blocks(self) -> Iterator[tuple[Keys, Steps]]:
        yield ("repeat", "steps"), self.repeat.steps

    def compile(self, place: Place, following: str) -> str:
        begins = following
        for number in reversed(range(1, self.repeat.at_most + 1)):
            lap = place.in_lap(number)
            after = begins if number == self.repeat.at_most else self._asked(lap, begins, following)
            begins = lap.block(self.repeat.steps, after, "repeat", "steps")
        return begins

    def _asked(self, lap: Place, again: str, on: str) -> str:
        """Whether there is another lap."""
        if self.repeat.until is None:
            return again
        branches = self.repeat.until.alternatives(lap.below("repeat", "until"))
        leads = {str(number): on for number, _ in enumerate(branches, 1)} | {"else": again}
        return lap.add(Branch(**lap.names(self), branches=branches), leads)


plugin = Word(RepeatStep)
