"""`branch`: the first case whose condition holds.

- branch: {if: {message: winback_offer, was: opened}, then: end}
- branch:
    - {if: {segment: big_spenders}, then: [{send: thanks, by: email}]}
    - {if: {attribute: country, in: [GB, IE]}, then: [{wait: 1d}]}
    - {else: end}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field

from activation.journeys.graph import Branch, Condition
from activation.journeys.language.choice import first_key, one_of
from activation.journeys.language.conditions import If
from activation.journeys.language.step import Keys, Step, Word
from activation.segments.grammar.comparisons import Strict

if TYPE_CHECKING:
    from activation.journeys.language.step import Place, Steps

MOST_CASES = 50


class Case(Strict):
    """Those for whom `if` holds go to `then`, and no further case is looked at."""

    if_: If = Field(alias="if")
    then: Steps


class Otherwise(Strict):
    """Those for whom no case holds; on, unless told."""

    else_: Steps = Field(alias="else")


def _cases(value: Any) -> Any:
    """`{if, then, else}` is a list of one case, and its else."""
    if not isinstance(value, dict) or "if" not in value:
        return value
    case = {key: each for key, each in value.items() if key != "else"}
    return [case, {"else": value["else"]}] if "else" in value else [case]


Given = one_of(
    {"if": Case, "else": Otherwise},
    first_key("if", "else", "if_", "else_"),
    "is no case; expected if and then, or else",
)


class BranchStep(Step):
    """The first case that holds, else `else`, else on."""

    branch: Annotated[tuple[Given, ...], Field(min_length=1, max_length=MOST_CASES), BeforeValidator(_cases)]  # type: ignore[valid-type]

    def made_id(self) -> str:
        return "branch:" + "|".join(each.if_.in_words() for each in self.branch if isinstance(each, Case))

    def blocks(self) -> Iterator[tuple[Keys, Steps]]:
        for number, case in enumerate(self.branch):
            yield (
                (("branch", number, "then"), case.then)
                if isinstance(case, Case)
                else (("branch", number, "else"), case.else_)
            )

    def compile(self, place: Place, following: str) -> str:
        check_else(self.branch, place, "branch")
        branches: list[tuple[Condition, ...]] = []
        leads = {"else": following}
        for keys, steps in self.blocks():
            to = place.block(steps, following, *keys)
            case = self.branch[int(keys[1])]
            if isinstance(case, Otherwise):
                leads["else"] = to
                continue
            for alternative in case.if_.alternatives(place.below("branch", keys[1], "if")):
                branches.append(alternative)
                leads[str(len(branches))] = to
        return place.add(Branch(**place.names(self), branches=tuple(branches)), leads)


def check_else(given: Sequence[object], place: Place, *keys: str | int) -> None:
    """Raises KithError unless `else` stands at most once, and last."""
    others = [number for number, case in enumerate(given) if isinstance(case, Otherwise)]
    if others and (others[0] != len(given) - 1 or len(given) == 1):
        raise place.error(
            "else stands before others, or alone", *keys, others[0], expected="it once, after all others"
        )


plugin = Word(BranchStep)
