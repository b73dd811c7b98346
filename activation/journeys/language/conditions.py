"""What a step asks about a person: leaves, and groups of them, brought to alternatives of what must hold at once.

if: {message: winback_offer, was: opened}
if: {all: [{segment: big_spenders}, {any: [{attribute: country, is: GB}, {did: Order Completed, within: 7d}]}]}
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag

from activation.journeys.language.leaves import (
    Alternatives,
    Asked,
    Attribute,
    Did,
    DidNot,
    Listed,
    Message,
    Score,
    Segment,
)

if TYPE_CHECKING:
    from activation.journeys.language.step import Place

MOST_ALTERNATIVES, MOST_LEAVES = 64, 50


class All(Asked):
    """Every one holds."""

    all: tuple[If, ...] = Field(min_length=1, max_length=MOST_LEAVES)

    def alternatives(self, place: Place, is_held: bool = True) -> Alternatives:
        return (_together if is_held else _either)(self.all, place.below("all"), is_held)

    def in_words(self) -> str:
        return " and ".join(each.in_words() for each in self.all)


class AnyOf(Asked):
    """At least one holds."""

    any: tuple[If, ...] = Field(min_length=1, max_length=MOST_LEAVES)

    def alternatives(self, place: Place, is_held: bool = True) -> Alternatives:
        return (_either if is_held else _together)(self.any, place.below("any"), is_held)

    def in_words(self) -> str:
        return " or ".join(each.in_words() for each in self.any)


class NoneOf(Asked):
    """Not one holds."""

    none: tuple[If, ...] = Field(min_length=1, max_length=MOST_LEAVES)

    def alternatives(self, place: Place, is_held: bool = True) -> Alternatives:
        return (_together if is_held else _either)(self.none, place.below("none"), not is_held)

    def in_words(self) -> str:
        return "none of " + ", ".join(each.in_words() for each in self.none)


def _either(asked: tuple[Asked, ...], place: Place, is_held: bool) -> Alternatives:
    found = tuple(
        one for number, each in enumerate(asked) for one in each.alternatives(place.below(number), is_held)
    )
    return _bounded(found, place)


def _together(asked: tuple[Asked, ...], place: Place, is_held: bool) -> Alternatives:
    found: Alternatives = ((),)
    for number, each in enumerate(asked):
        more = each.alternatives(place.below(number), is_held)
        found = _bounded(tuple((*one, *other) for one, other in product(found, more)), place)
    return found


def _bounded(found: Alternatives, place: Place) -> Alternatives:
    if len(found) > MOST_ALTERNATIVES:
        raise place.error(
            f"comes to {len(found)} alternatives",
            expected=f"at most {MOST_ALTERNATIVES}",
            way_out="make it a segment, and ask for that",
        )
    return found


_KINDS = {
    "all": All, "any": AnyOf, "none": NoneOf, "attribute": Attribute, "segment": Segment, "list": Listed,
    "did": Did,
    "did_not": DidNot, "score": Score, "message": Message,
}  # fmt: skip


def _kind(value: Any) -> str | None:
    """The tag of the union's member; in brackets, so that no tag is taken for a key of the file."""
    keys = (
        value if isinstance(value, dict) else type(value).model_fields if isinstance(value, BaseModel) else ()
    )
    return next((f"<{kind}>" for kind in _KINDS if kind in keys), None)


def _all_of_a_list(value: Any) -> Any:
    return {"all": value} if isinstance(value, list) else value


If = Annotated[
    Annotated[All, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[NoneOf, Tag("<none>")]
    | Annotated[Attribute, Tag("<attribute>")]
    | Annotated[Segment, Tag("<segment>")]
    | Annotated[Listed, Tag("<list>")]
    | Annotated[Did, Tag("<did>")]
    | Annotated[DidNot, Tag("<did_not>")]
    | Annotated[Score, Tag("<score>")]
    | Annotated[Message, Tag("<message>")],
    Discriminator(
        _kind,
        custom_error_type="unknown_condition",
        custom_error_message="is no condition; expected a mapping with one of " + ", ".join(_KINDS),
    ),
    BeforeValidator(_all_of_a_list),
]
for _group in (All, AnyOf, NoneOf):
    _group.model_rebuild()
