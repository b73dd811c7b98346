"""A term in words, for people who read an explanation."""

from __future__ import annotations

from datetime import datetime, timedelta

from activation.segments.terms import (
    AttributeTerm,
    BehaviourTerm,
    Comparison,
    ConsentTerm,
    Filter,
    Happening,
    ListTerm,
    MemberTerm,
    Occurrence,
    Operand,
    RecentTerm,
    ScoreTerm,
    SequenceTerm,
    ShareTerm,
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
        case BehaviourTerm(happening=happening, measure=measure, comparison=comparison):
            of = f" {'.'.join(measure.keys)}" if measure.keys else ""
            did = occurrence_in_words(happening.occurrence)
            return f"{measure.word}{of} of {did}{_span(happening)} {_comparison(comparison)}"
        case SequenceTerm() | RecentTerm():
            return _sequence(term) if isinstance(term, SequenceTerm) else _recent(term)
        case ConsentTerm(purpose=purpose, channel=channel, state=state):
            return f"consent to {purpose} by {channel} is {state}"
        case ListTerm(name=name):
            return f"on the list {name}"
        case ShareTerm(salt=salt, start=start, end=end):
            return f"random share {start / 2**32:.6g} to {end / 2**32:.6g} by {salt}"
        case ScoreTerm(model=model, comparison=None):
            return f"there is a score {model}"
        case ScoreTerm(model=model, comparison=comparison) if comparison:
            return f"score {model} {_comparison(comparison)}"
        case MemberTerm(segment=segment):
            return f"member of {segment}"
    raise AssertionError(term)


def occurrence_in_words(occurrence: Occurrence) -> str:
    """An event with the filters on its properties."""
    filters = " and ".join(sorted(_filter(each) for each in occurrence.filters))
    return f"{occurrence.event} where {filters}" if filters else occurrence.event


def _span(happening: Happening) -> str:
    if happening.days is None:
        return ""
    if happening.until is None:
        return f" within {happening.days}d"
    return f" from {happening.days}d to {happening.until}d ago"


def _sequence(term: SequenceTerm) -> str:
    text = f"{occurrence_in_words(term.first)}, then {occurrence_in_words(term.then)}"
    if term.gap is not None:
        text += f" within {timedelta(microseconds=term.gap)} of it"
    if term.without is not None:
        text += f", without {occurrence_in_words(term.without)}"
    return text if term.days is None else f"{text}, all within {term.days}d"


def _recent(term: RecentTerm) -> str:
    rows = f"{occurrence_in_words(term.happening.occurrence)}{_span(term.happening)}"
    answer = occurrence_in_words(term.answer)
    return f"of the last {term.last} {rows} the count with {answer} {_comparison(term.comparison)}"


def _filter(each: Filter) -> str:
    return f"{'.'.join(each.keys)} {_comparison(each.comparison)}"


def _comparison(comparison: Comparison) -> str:
    values = [_value(each) for each in comparison.operands]
    match comparison.operator:
        case "missing":
            return "is missing" if comparison.operands[0] else "is present"
        case "anniversary":
            return f"has its anniversary in the next {len(values)} days"
        case "top_percent" | "bottom_percent" as side:
            return f"is among the {'highest' if side == 'top_percent' else 'lowest'} {values[0]} %"
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
