"""`audience`: this person into an audience that a sync carries to its destination, or out of it.

- audience: lookalikes
  change: add
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from activation.journeys.graph import Effect
from activation.journeys.language.step import Step, Word
from activation.journeys.language.values import Word as Name

if TYPE_CHECKING:
    from activation.journeys.language.step import Place


class Audience(Step):
    """Adds to the audience, or removes from it."""

    audience: Name
    change: Literal["add", "remove"] = "add"

    def made_id(self) -> str:
        return f"audience:{self.audience}:{self.change}"

    def compile(self, place: Place, following: str) -> str:
        payload = {"audience": self.audience, "change": self.change}
        return place.add(Effect(**place.names(self), what="audience", payload=payload), {"next": following})


plugin = Word(Audience)
