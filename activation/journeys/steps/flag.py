"""`flag`: a feature flag switched for this person. Nothing reads it yet; lint says so, and the step does nothing.

- flag: new_checkout
  is: on
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from activation.journeys.language.step import Step, Word
from activation.journeys.language.values import Word as Name

if TYPE_CHECKING:
    from activation.journeys.language.step import Place


class Flag(Step):
    """A flag, on or off."""

    flag: Name
    is_: Literal["on", "off"] = Field("on", alias="is")

    def made_id(self) -> str:
        return f"flag:{self.flag}"

    def compile(self, place: Place, following: str) -> str:
        return following


plugin = Word(Flag)
