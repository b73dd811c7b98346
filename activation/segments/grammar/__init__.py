"""The grammar of a segment: what its YAML may say.

    name: lapsed_buyers
    who:
      all:
        - {attribute: order_count, at_least: 1}
        - {did_not: Order Completed, within: 60d}
        - score: churn
          at_least: 0.6
          fallback: {attribute: last_order_at, older_than: 45d}

A condition is a group (`all`, `any`, `none`) or a leaf, told by its first key. Every leaf is true or false:
where a value is missing it is false, and `none` is the complement over all profiles. Windows count local
calendar days of the workspace, from a local midnight up to (and without) the instant of the evaluation.
"""

from activation.segments.grammar.behaviour import Did, DidNot, Event, Occurrence, Sequence
from activation.segments.grammar.comparisons import Property
from activation.segments.grammar.conditions import All, AnyOf, NoneOf, Score
from activation.segments.grammar.messages import Message
from activation.segments.grammar.people import Attribute, Consent, Listed, Member, RandomShare
from activation.segments.grammar.segment import DEEPEST, NAME_PATTERN, SegmentBody, json_schema

__all__ = [
    "DEEPEST",
    "NAME_PATTERN",
    "All",
    "AnyOf",
    "Attribute",
    "Consent",
    "Did",
    "DidNot",
    "Event",
    "Listed",
    "Member",
    "Message",
    "NoneOf",
    "Occurrence",
    "Property",
    "RandomShare",
    "Score",
    "SegmentBody",
    "Sequence",
    "json_schema",
]
