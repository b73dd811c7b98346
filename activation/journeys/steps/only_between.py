"""`only_between`: nobody goes on outside these hours of their own clock.

- only_between: [09:00, 20:00]
  on: weekdays
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from activation.journeys.graph import Window
from activation.journeys.language.step import Step, Word
from activation.journeys.language.values import DAY, EVERY_DAY, MINUTE, TimeOfDay, Weekdays

if TYPE_CHECKING:
    from activation.journeys.language.step import Place


class OnlyBetween(Step):
    """On at once inside the window, else when it opens. From the later to the earlier hour it runs over midnight,
    and belongs to the weekday on which it opened; until 00:00 is until the day's end."""

    only_between: tuple[TimeOfDay, TimeOfDay]
    on: Weekdays = EVERY_DAY

    def made_id(self) -> str:
        opens, closes = (f"{each // MINUTE // 60:02}:{each // MINUTE % 60:02}" for each in self.only_between)
        return f"only_between:{opens}-{closes}" + ("" if self.on == EVERY_DAY else f":{self.on:07b}")

    def compile(self, place: Place, following: str) -> str:
        opens, closes = self.only_between
        if opens == closes:
            raise place.error("opens when it closes", "only_between", expected="two different times of day")
        node = Window(**place.names(self), opens=opens, closes=closes or DAY, weekdays=self.on)
        return place.add(node, {"next": following})


plugin = Word(OnlyBetween)
