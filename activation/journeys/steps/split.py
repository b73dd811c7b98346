"""`split`: people by chance.

- split:
    - {share: 70%, then: [{send: offer, by: email}]}
    - {share: 30%, then: end}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from activation.journeys.graph import Split
from activation.journeys.language.step import Keys, Step, Word
from activation.journeys.language.values import PARTS, Share
from activation.segments.grammar.comparisons import Strict

if TYPE_CHECKING:
    from activation.journeys.language.step import Place, Steps


class Portion(Strict):
    """A share of those who come here, and where it goes; on, unless told."""

    share: Share
    then: Steps | None = None


class SplitStep(Step):
    """Each pass through the journey draws anew; shares come to 100%."""

    split: Annotated[tuple[Portion, ...], Field(min_length=2, max_length=50)]

    def made_id(self) -> str:
        return "split:" + "|".join(f"{each.share / 100:g}%" for each in self.split)

    def blocks(self) -> Iterator[tuple[Keys, Steps]]:
        for number, each in enumerate(self.split):
            if each.then is not None:
                yield ("split", number, "then"), each.then

    def compile(self, place: Place, following: str) -> str:
        check_shares(tuple(each.share for each in self.split), place, "split")
        leads = {
            str(number + 1): following
            if each.then is None
            else place.block(each.then, following, "split", number, "then")
            for number, each in enumerate(self.split)
        }
        shares = tuple(each.share for each in self.split)
        return place.add(Split(**place.names(self), shares=shares), leads)


def check_shares(shares: tuple[int, ...], place: Place, *keys: str | int) -> None:
    """Raises KithError unless the shares come to the whole."""
    if sum(shares) != PARTS:
        raise place.error(f"the shares come to {sum(shares) / 100:g}%", *keys, expected="100% in all")


plugin = Word(SplitStep)
