"""`throttle`: the messages of some steps, for all people together, no faster than a rate.

- throttle: 500 per 1h
  steps:
    - {send: offer, by: push}
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from activation.journeys.language.step import Keys, Step, Word
from activation.journeys.language.values import Rate

if TYPE_CHECKING:
    from activation.journeys.language.step import Place, Steps


class Throttle(Step):
    """Messages of all its steps share the rate, and leave later where it says so."""

    throttle: Rate
    steps: Steps

    def made_id(self) -> str:
        return f"throttle:{self.throttle}"

    def blocks(self) -> Iterator[tuple[Keys, Steps]]:
        yield ("steps",), self.steps

    def compile(self, place: Place, following: str) -> str:
        if place.throttle:
            raise place.error(
                "stands inside another throttle", "throttle", expected="one around its messages"
            )
        slower = replace(place, throttle=f"{place.step_id(self)}={self.throttle}")
        return slower.block(self.steps, following, "steps")


plugin = Word(Throttle)
