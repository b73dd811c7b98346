"""`experiment`: a split by person, until one variant has won.

- experiment: offer_size
  variants:
    - {variant: ten, share: 50%, then: [{send: offer_ten, by: email}]}
    - {variant: fifteen, share: 50%, then: [{send: offer_fifteen, by: email}]}
  winner: {by: Order Completed, within: 7d}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from activation.journeys.graph import Experiment
from activation.journeys.language.step import Keys, Step, Word
from activation.journeys.language.values import Share
from activation.journeys.language.values import Word as Name
from activation.journeys.language.winner import Winner, contest
from activation.journeys.steps.split import check_shares
from activation.segments.grammar.comparisons import Strict

if TYPE_CHECKING:
    from activation.journeys.language.step import Place, Steps


class Variant(Strict):
    """One of the ways that are compared; its name is what a winner is told by."""

    variant: Name
    share: Share
    then: Steps | None = None


class ExperimentStep(Step):
    """A person meets the same variant whenever they come here. Once there is a winner all take it; with
    `winner: none` nobody decides."""

    experiment: Name
    variants: Annotated[tuple[Variant, ...], Field(min_length=2, max_length=20)]
    winner: Winner

    def made_id(self) -> str:
        return f"experiment:{self.experiment}"

    def blocks(self) -> Iterator[tuple[Keys, Steps]]:
        for number, each in enumerate(self.variants):
            if each.then is not None:
                yield ("variants", number, "then"), each.then

    def compile(self, place: Place, following: str) -> str:
        shares, names = (
            tuple(each.share for each in self.variants),
            tuple(each.variant for each in self.variants),
        )
        check_shares(shares, place, "variants")
        if len(set(names)) < len(names):
            raise place.error("two variants have one name", "variants", expected="a name for each")
        leads = {
            str(number): following
            if each.then is None
            else place.block(each.then, following, "variants", number - 1, "then")
            for number, each in enumerate(self.variants, 1)
        }
        node = Experiment(
            **place.names(self),
            experiment=self.experiment,
            shares=shares,
            variants=names,
            contest=contest(self.winner),
        )
        return place.add(node, leads)


plugin = Word(ExperimentStep)
