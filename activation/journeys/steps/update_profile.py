"""`update_profile`: traits of this person, as if an identify call had told them.

- update_profile: {stage: onboarded, welcomed: true}
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from activation.journeys.graph import Effect
from activation.journeys.language.step import Step, Word
from activation.journeys.language.values import Text
from activation.segments.operands import Scalar

if TYPE_CHECKING:
    from activation.journeys.language.step import Place


class UpdateProfile(Step):
    """The traits land like any others, so nothing of the same run sees them."""

    update_profile: Annotated[dict[Text, Scalar], Field(min_length=1, max_length=50)]

    def made_id(self) -> str:
        return "update_profile:" + ",".join(sorted(self.update_profile))

    def compile(self, place: Place, following: str) -> str:
        node = Effect(**place.names(self), what="traits", payload={"traits": self.update_profile})
        return place.add(node, {"next": following})


plugin = Word(UpdateProfile)
