"""One file below `activation/definitions/attributes/`: what it may say.

description: The category looked at most in the last thirty days.
type: text
event: Product Viewed
measure: most_frequent_value
of: category
within: 30d
default: none yet
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field

from activation.segments.grammar.behaviour import Happened
from activation.segments.operands import Name, Scalar

Type = Literal["text", "whole", "amount", "boolean", "date", "instant"]
Measure = Literal[
    "count", "days", "distinct", "sum", "average", "minimum", "maximum",
    "first_value", "last_value", "most_frequent_value", "first_time", "last_time",
]  # fmt: skip

MEASURES: tuple[str, ...] = get_args(Measure)

#: The types that a measure may have.
TYPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("count", "days", "distinct"), ("whole",)),
    **dict.fromkeys(("sum", "average", "minimum", "maximum"), ("amount",)),
    **dict.fromkeys(
        ("first_value", "last_value", "most_frequent_value"), ("text", "whole", "amount", "boolean", "date")
    ),
    **dict.fromkeys(("first_time", "last_time"), ("instant",)),
}

#: The measures that are made of the events themselves; all others are made of a property.
OF_EVENTS = ("count", "days", "first_time", "last_time")


class AttributeBody(Happened):
    """A measure over the events of one name that pass the filters, in a window (ever, where none is given).

    `count`, `days` (different local days), `distinct` (different texts of a property) are whole numbers; `sum`,
    `average`, `minimum`, `maximum` amounts of four fractional digits: they are reckoned as they stand, whatever
    their currency, so filter by it (`where: {currency: EUR}`). `first_value`, `last_value` and
    `most_frequent_value` are a property read as the type says; `first_time` and `last_time` instants.
    """

    name: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,62}$")
    description: str = ""
    type: Type
    event: Name
    measure: Measure
    of: Name | None = None
    default: Scalar | None = None


def json_schema() -> dict[str, Any]:
    """The grammar as a JSON Schema, for editors."""
    return AttributeBody.model_json_schema(by_alias=True)
