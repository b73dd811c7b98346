"""What the builder calls things: kinds of conditions, comparisons, measures; and what a new condition says first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboards.answers.vocabulary import Counts, Vocabulary

GROUP_WORDS = {
    "all": "All of these hold",
    "any": "At least one of these holds",
    "none": "None of these holds",
}

KIND_WORDS = {
    "attribute": "Trait",
    "did": "Did",
    "did_not": "Did not do",
    "event": "How often, how much",
    "sequence": "Sequence",
    "message": "Message",
    "score": "Prediction",
    "segment": "In segment",
    "list": "On list",
    "consent": "Consent",
    "random_share": "Random share",
}

#: `known` is how the builder tells `missing: false`.
COMPARISONS = {
    "is": "is",
    "is_not": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "at_least": "is at least",
    "at_most": "is at most",
    "greater": "is more than",
    "less": "is less than",
    "between": "is between",
    "contains": "contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
    "within": "in the last",
    "older_than": "longer ago than",
    "anniversary_within": "anniversary in the next",
    "top_percent": "is in the top (%)",
    "bottom_percent": "is in the lowest (%)",
    "missing": "is unknown",
    "known": "is known",
}
ORDER = ("at_least", "at_most", "greater", "less", "between")
_EQUAL, _SET, _THERE = ("is", "is_not"), ("in", "not_in"), ("known", "missing")
_TEXT = ("contains", "starts_with", "ends_with")
COUNT = ("at_least", "is", "at_most", "greater", "less", "between")
INSTANT = ("within", "older_than", *ORDER)
SCORE = (*ORDER, "top_percent", "bottom_percent")
ANY_VALUE = (*_EQUAL, *_SET, *_TEXT, *ORDER, *_THERE)

#: Which comparisons a kind of trait has, as the grammar judges them.
BY_KIND: Mapping[str, tuple[str, ...]] = {
    "text": (*_EQUAL, *_SET, *_TEXT, *_THERE),
    "whole": (*ORDER, *_EQUAL, *_SET, *_THERE),
    "number": (*ORDER, *_EQUAL, *_SET, *_THERE),
    "real": (*ORDER, *_THERE),
    "boolean": ("is", *_THERE),
    "date": ("within", "older_than", "anniversary_within", *ORDER, *_EQUAL, *_SET, *_THERE),
    "instant": ("within", "older_than", *ORDER, *_THERE),
}
ANY_TRAIT = (*ANY_VALUE, "within", "older_than", "anniversary_within")

MEASURES = {
    "count": "how often",
    "days": "on how many days",
    "distinct": "how many different",
    "sum": "the sum of",
    "average": "the average of",
    "minimum": "the least",
    "maximum": "the greatest",
    "first": "the first time",
    "last": "the last time",
}
OF_PROPERTY = ("distinct", "sum", "average", "minimum", "maximum")
STATUSES = (
    "opened", "clicked", "sent", "delivered", "converted", "replied", "bounced", "complained", "unsubscribed",
)  # fmt: skip


def measure_comparisons(measure: str) -> tuple[str, ...]:
    """The comparisons that a measure of behaviour has."""
    if measure in ("count", "days", "distinct"):
        return COUNT
    return INSTANT if measure in ("first", "last") else ORDER


def new_condition(kind: str, known: Vocabulary) -> dict[str, Any]:
    """What a condition of a kind says before anybody chose."""
    event = _first(known.events, "Order Completed")
    fallback = {"did_not": event, "within": "60d"}
    starts: Mapping[str, dict[str, Any]] = {
        "attribute": {"attribute": _preferred(known.attributes, "country"), "missing": False},
        "did": {"did": event, "within": "30d"},
        "did_not": {"did_not": event, "within": "30d"},
        "event": {"event": event, "count": {"at_least": 2}, "within": "30d"},
        "sequence": {"sequence": [{"did": event}, {"did": event}], "gap": "3d", "within": "30d"},
        "message": {"message": "any", "was": "opened", "within": "30d"},
        "score": {"score": _first(known.scores, "churn"), "at_least": 0.5, "fallback": fallback},
        "segment": {"segment": _first(known.segments, "")},
        "list": {"list": _first(known.lists, "")},
        "consent": {"consent": _preferred(known.purposes, "marketing"),
                    "channel": _preferred(known.channels, "email"), "is": "granted"},
        "random_share": {"random_share": 0.1, "salt": "sample"},
    }  # fmt: skip
    return starts[kind]


def first_value(comparison: str, before: Any) -> Any:
    """What a comparison begins with, keeping what was there where it fits."""
    if comparison in ("missing", "known"):
        return comparison == "missing"
    if comparison in ("within", "older_than", "anniversary_within"):
        return before if isinstance(before, str) and before[-1:] in "dw" else "30d"
    one = before[0] if isinstance(before, list) and before else before
    if comparison in ("in", "not_in"):
        return [] if one is None or isinstance(one, bool) else [one]
    if comparison == "between":
        return [one if isinstance(one, int | float) and not isinstance(one, bool) else 0] * 2
    if comparison in (*ORDER, "top_percent", "bottom_percent"):
        return one if isinstance(one, int | float) and not isinstance(one, bool) else 1
    return "" if one is None or isinstance(one, bool) else one


def _first(names: Counts, otherwise: str) -> str:
    return next(iter(names), otherwise)


def _preferred(names: Mapping[str, Any], wanted: str) -> str:
    return wanted if wanted in names or not names else next(iter(names))
