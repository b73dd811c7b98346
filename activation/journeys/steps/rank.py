"""`rank`: the way whose value is the greatest for the person.

- rank:
    - {score: likes_shoes, then: [{send: shoes, by: email}]}
    - {attribute: spent_on_books, then: [{send: books, by: email}]}
    - {else: end}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from activation.journeys.graph import Ranked
from activation.journeys.language.choice import first_key, one_of
from activation.journeys.language.step import Keys, Step, Word
from activation.journeys.language.values import Text
from activation.journeys.steps.branch import Otherwise, check_else
from activation.segments.grammar.comparisons import Strict

if TYPE_CHECKING:
    from activation.journeys.language.step import Place, Steps


class Candidate(Strict):
    """A number that the person has, a `score` or an `attribute`, and where those go for whom it is the greatest."""

    score: Text | None = None
    attribute: Text | None = None
    then: Steps

    @model_validator(mode="after")
    def _one_of_them(self) -> Candidate:
        if (self.score is None) == (self.attribute is None):
            raise ValueError("has not exactly one of score and attribute; expected one of them")
        return self

    @property
    def operand(self) -> tuple[Literal["score", "attribute"], str]:
        return ("score", self.score) if self.score is not None else ("attribute", self.attribute or "")


Given = one_of(
    {"value": Candidate, "else": Otherwise},
    lambda value: {"else": "else", "else_": "else"}.get(
        first_key("else", "else_")(value) or "", "value" if first_key("score", "attribute")(value) else None
    ),
    "is nothing to rank; expected score or attribute, and then; or else",
)


class RankStep(Step):
    """Of equal values the first of the file wins; who has none goes to `else`, or on."""

    rank: Annotated[tuple[Given, ...], Field(min_length=2, max_length=50)]  # type: ignore[valid-type]

    def made_id(self) -> str:
        return "rank:" + "|".join(each.operand[1] for each in self.rank if isinstance(each, Candidate))

    def blocks(self) -> Iterator[tuple[Keys, Steps]]:
        for number, each in enumerate(self.rank):
            if isinstance(each, Candidate):
                yield ("rank", number, "then"), each.then
            else:
                yield ("rank", number, "else"), each.else_

    def compile(self, place: Place, following: str) -> str:
        check_else(self.rank, place, "rank")
        leads = {"else": following}
        for number, (keys, steps) in enumerate(self.blocks(), 1):
            to = place.block(steps, following, *keys)
            leads["else" if keys[-1] == "else" else str(number)] = to
        operands = tuple(each.operand for each in self.rank if isinstance(each, Candidate))
        return place.add(Ranked(**place.names(self), operands=operands), leads)


plugin = Word(RankStep)
