"""A term in words, for people who read an explanation."""

from __future__ import annotations

from datetime import datetime

from activation.segments.terms import (
    AttributeTerm,
    Comparison,
    CountTerm,
    Filter,
    MemberTerm,
    Operand,
    ScoreTerm,
    Term,
)

_WORDS = {
    "is": "is",
    "is_not": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "greater": "is greater than",
    "less": "is less than",
    "at_least": "is at least",
    "at_most": "is at most",
    "contains": "contains",
    "starts_with": "starts with",
    "ends_with": "ends with",
}
SHOWN_VALUES = 5


def in_words(term: Term) -> str:
    """One line: what is compared with what."""
    match term:
        case AttributeTerm(attribute=attribute, comparison=comparison):
            return f"{attribute} {_comparison(comparison)}"
        case CountTerm(happening=happening, comparison=comparison):
            filters = " and ".join(sorted(_filter(each) for each in happening.filters))
            where = f" where {filters}" if filters else ""
            window = f" within {happening.days}d" if happening.days is not None else ""
            return f"count of {happening.event}{where}{window} {_comparison(comparison)}"
        case ScoreTerm(model=model, comparison=None):
            return f"there is a score {model}"
        case ScoreTerm(model=model, comparison=comparison) if comparison:
            return f"score {model} {_comparison(comparison)}"
        case MemberTerm(segment=segment):
            return f"member of {segment}"
    raise AssertionError(term)


def _filter(each: Filter) -> str:
    return f"{'.'.join(each.keys)} {_comparison(each.comparison)}"


def _comparison(comparison: Comparison) -> str:
    values = [_value(each) for each in comparison.operands]
    match comparison.operator:
        case "missing":
            return "is missing" if comparison.operands[0] else "is present"
        case "between":
            return f"is between {values[0]} and {values[1]}"
        case "from_until":
            return f"is from {values[0]} until before {values[1]}"
    more = f" and {len(values) - SHOWN_VALUES} more" if len(values) > SHOWN_VALUES else ""
    return f"{_WORDS[comparison.operator]} {', '.join(values[:SHOWN_VALUES])}{more}"


def _value(value: Operand) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}'"
    return value.strftime("%Y-%m-%d %H:%M:%SZ") if isinstance(value, datetime) else str(value)
