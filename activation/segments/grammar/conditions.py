"""Conditions: leaves, and the groups and scores that hold other conditions."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Discriminator, Field, Tag

from activation.segments.grammar.behaviour import Did, DidNot, Event, Sequence
from activation.segments.grammar.comparisons import NumberComparison, Strict
from activation.segments.grammar.messages import Message
from activation.segments.grammar.people import Attribute, Consent, Listed, Member, RandomShare
from activation.segments.operands import Name, Percent


class Score(NumberComparison):
    """A model's score; who has none is judged by the fallback.

    `{score: churn, top_percent: 10, fallback: …}`: the highest tenth of those who have a score, ties included.
    """

    operators = (*NumberComparison.operators, "top_percent", "bottom_percent")
    score: Name
    fallback: Condition
    top_percent: Percent | None = None
    bottom_percent: Percent | None = None


class All(Strict):
    """Every condition holds."""

    all: tuple[Condition, ...] = Field(min_length=1)


class AnyOf(Strict):
    """At least one condition holds."""

    any: tuple[Condition, ...] = Field(min_length=1)


class NoneOf(Strict):
    """No condition holds."""

    none: tuple[Condition, ...] = Field(min_length=1)


KINDS = (
    "all", "any", "none", "attribute", "event", "did", "did_not", "sequence", "message",
    "score", "segment", "list", "consent", "random_share",
)  # fmt: skip


def _kind(value: Any) -> str | None:
    """The tag of the union's member; in brackets, so that no tag is taken for a key of the file."""
    keys = (
        value if isinstance(value, dict) else type(value).model_fields if isinstance(value, BaseModel) else ()
    )
    return next((f"<{kind}>" for kind in KINDS if kind in keys), None)


Condition = Annotated[
    Annotated[All, Tag("<all>")]
    | Annotated[AnyOf, Tag("<any>")]
    | Annotated[NoneOf, Tag("<none>")]
    | Annotated[Attribute, Tag("<attribute>")]
    | Annotated[Event, Tag("<event>")]
    | Annotated[Did, Tag("<did>")]
    | Annotated[DidNot, Tag("<did_not>")]
    | Annotated[Sequence, Tag("<sequence>")]
    | Annotated[Message, Tag("<message>")]
    | Annotated[Score, Tag("<score>")]
    | Annotated[Member, Tag("<segment>")]
    | Annotated[Listed, Tag("<list>")]
    | Annotated[Consent, Tag("<consent>")]
    | Annotated[RandomShare, Tag("<random_share>")],
    Discriminator(
        _kind,
        custom_error_type="unknown_condition",
        custom_error_message="is no condition; expected a mapping with one of " + ", ".join(KINDS),
    ),
]

Score.model_rebuild()
for group in (All, AnyOf, NoneOf):
    group.model_rebuild()
