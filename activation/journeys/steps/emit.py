"""`emit`: an event of this person, for other journeys, segments and syncs to see.

- emit: Reminder Due
  properties: {kind: renewal}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from activation.journeys.graph import Effect
from activation.journeys.language.step import Step, Word
from activation.journeys.language.values import Text

if TYPE_CHECKING:
    from activation.journeys.language.step import Place


class Emit(Step):
    """The event lands like any other, so nothing of the same run sees it."""

    emit: Text
    properties: dict[Text, Any] = Field(default_factory=dict, max_length=50)

    def made_id(self) -> str:
        return f"emit:{self.emit}"

    def compile(self, place: Place, following: str) -> str:
        payload = {"event": self.emit, "properties": self.properties}
        return place.add(Effect(**place.names(self), what="event", payload=payload), {"next": following})


plugin = Word(Emit)
