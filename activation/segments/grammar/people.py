"""Leaves about who people are: attributes, consent, membership, chance."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from activation.segments.grammar.comparisons import Strict, ValueComparison
from activation.segments.operands import Days, Name, Number


class Attribute(ValueComparison):
    """An attribute of the profile, `{attribute: country, is: GB}`; a column of the published `profiles`.

    `anniversary_within: 7d` holds of dates whose day and month is one of the next seven local days, today the
    first; the 29 February counts on the 28th in common years.
    """

    operators = (*ValueComparison.operators, "within", "older_than", "anniversary_within")
    attribute: Name
    within: Days | None = None
    older_than: Days | None = None
    anniversary_within: Days | None = None


class Consent(Strict):
    """What is recorded of a permission, `{consent: marketing, channel: email, is: granted}`."""

    consent: Name
    channel: Name
    is_: Literal["granted", "refused", "unknown"] = Field(alias="is")


class Member(Strict):
    """Membership of another segment in the same evaluation, `{segment: big_spenders}`."""

    segment: Name


class Listed(Strict):
    """Who is on an uploaded list, `{list: vip}` (see `kith lists`)."""

    list: Name


class RandomShare(Strict):
    """A share of everybody by a stable hash, `{random_share: 0.1, salt: spring_test}`; `from` begins elsewhere.

    Two leaves of one salt draw from one order: `{random_share: 0.1, from: 0.1, salt: spring_test}` is the
    next tenth.
    """

    random_share: Number
    salt: Name
    from_: Number = Field(0, alias="from")

    @model_validator(mode="after")
    def _within_one(self) -> RandomShare:
        share, start = Decimal(repr(self.random_share)), Decimal(repr(self.from_))
        if share <= 0 or start < 0 or start + share > 1:
            raise ValueError("is no share; expected random_share above 0, and from + random_share at most 1")
        return self
