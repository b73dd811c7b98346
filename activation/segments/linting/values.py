"""Values by which claims about one subject can be told apart.

Whether comparisons of one subject can hold together is tried out: between two neighbouring operands no
comparison changes its mind, so the operands, what lies next to each, and a missing value stand for all values.
Of text that holds only while nothing asks for a part of it; then no claim is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from activation.segments.judgement import judge
from activation.segments.terms import (
    AttributeTerm,
    BehaviourTerm,
    Comparison,
    ConsentTerm,
    Kind,
    Leaf,
    Operand,
    ScoreTerm,
    ShareTerm,
)
from activation.segments.windows import window_start

STATES = ("granted", "refused", "unknown")
BUCKETS = 2**32
PARTS_OF_TEXT = ("contains", "starts_with", "ends_with")
COUNTS, NEVER_MISSING = ("count", "days", "distinct"), ("count", "days", "distinct", "sum")
_OTHER_TEXT = "\ue000"
_STEPS: dict[Kind, Any] = {
    Kind.WHOLE: 1,
    Kind.DECIMAL: Decimal("1e-12"),
    Kind.AMOUNT: Decimal("0.0001"),
    Kind.REAL: Decimal("1e-12"),
    Kind.DATE: timedelta(days=1),
    Kind.INSTANT: timedelta(microseconds=1),
}
_START: dict[Kind, Any] = {
    Kind.DATE: date(2000, 1, 1),
    Kind.INSTANT: datetime(2000, 1, 1, tzinfo=UTC),
}


@dataclass(frozen=True)
class Claim:
    """A term at a place of a definition, said to hold or not to hold."""

    keys: tuple[str | int, ...]
    term: Leaf | ScoreTerm
    is_held: bool = True

    @property
    def subject(self) -> object:
        """What the term looks at: claims of one subject bear on each other."""
        match self.term:
            case AttributeTerm(attribute=name):
                return ("attribute", name)
            case BehaviourTerm(happening=happening, measure=measure):
                return (happening, measure)
            case ConsentTerm(purpose=purpose, channel=channel):
                return ("consent", purpose, channel)
            case ShareTerm(salt=salt):
                return ("share", salt)
            case ScoreTerm(model=model):
                return ("score", model)
        return self.term

    def holds(self, value: Any) -> bool:
        """Whether the claim is true of a value of its subject."""
        match self.term:
            case ConsentTerm(state=state):
                return (value == state) == self.is_held
            case ShareTerm(start=start, end=end):
                return (start <= value < end) == self.is_held
            case AttributeTerm() | BehaviourTerm():
                return judge(value, self.term.comparison) == self.is_held
            case ScoreTerm(comparison=comparison) if comparison:
                return judge(value, comparison) == self.is_held
        return bool(value) == self.is_held


@dataclass(frozen=True)
class Moment:
    """The instant and zone for which terms were made."""

    as_of: datetime
    zone: str


def values_for(
    claims: Sequence[Claim], moment: Moment, premises: Sequence[Claim] | None = None
) -> list[Any] | None:
    """Values of the claims' one subject that stand for all of them; None where none can be named.

    Where a claim asks for a part of a text, values can be named only if a premise (any claim, unless told
    otherwise) says which texts there may be.
    """
    match claims[0].term:
        case ConsentTerm():
            return list(STATES)
        case ShareTerm():
            edges = {edge for each in claims for edge in _bounds(each.term)}
            return sorted({0, *(each for edge in edges for each in (edge - 1, edge) if 0 <= each < BUCKETS)})
        case AttributeTerm(kind=kind):
            comparisons = [each.term.comparison for each in claims if isinstance(each.term, AttributeTerm)]
            return _of_kind(kind, comparisons, claims if premises is None else premises)
        case BehaviourTerm():
            return _of_behaviour(claims, moment)
        case ScoreTerm():
            return None
    return [True, False]


def _bounds(term: Any) -> tuple[int, int]:
    return term.start, term.end


def _of_kind(kind: Kind, comparisons: Sequence[Comparison], premises: Sequence[Claim]) -> list[Any] | None:
    operators = {each.operator for each in comparisons}
    if "anniversary" in operators:
        return None
    operands = [operand for each in comparisons if each.operator != "missing" for operand in each.operands]
    if kind is Kind.BOOLEAN:
        return [True, False, None]
    if kind is Kind.TEXT:
        is_pinned = any(each.operator in ("is", "in") for each in _held(premises))
        if operators & set(PARTS_OF_TEXT) and not is_pinned:
            return None
        return [*dict.fromkeys(operands), _OTHER_TEXT, None]
    return [*_around(operands, kind), None]


def _held(claims: Iterable[Claim]) -> list[Comparison]:
    return [each.term.comparison for each in claims if each.is_held and isinstance(each.term, AttributeTerm)]


def _around(operands: Iterable[Operand], kind: Kind) -> list[Any]:
    """Each operand and what lies next to it; of no operands any value at all."""
    step = _STEPS[kind]
    found = {
        value
        for each in operands
        for value in (each - step, each, each + step)  # type: ignore[operator]
    }
    return sorted(found) or [_START.get(kind, 0)]


def _of_behaviour(claims: Sequence[Claim], moment: Moment) -> list[Any]:
    term = claims[0].term
    assert isinstance(term, BehaviourTerm)
    word, days = term.measure.word, term.happening.days
    operands = [
        operand
        for each in claims
        if isinstance(each.term, BehaviourTerm)
        for operand in each.term.comparison.operands
    ]
    if word in COUNTS:
        most = days + 1 if word == "days" and days is not None else None
        found = [each for each in _around([0, *operands], Kind.WHOLE) if each >= 0]
        return [each for each in found if most is None or each <= most]
    if word in ("first", "last"):
        return [*_moments(operands, days, moment), None]
    return [*_around(operands, Kind.AMOUNT), *([] if word in NEVER_MISSING else [None])]


def _moments(operands: Sequence[Operand], days: int | None, moment: Moment) -> list[Any]:
    """Instants in the window and before the evaluation: no event is elsewhere."""
    last = moment.as_of - timedelta(microseconds=1)
    first = None if days is None else window_start(moment.as_of, days, moment.zone)
    found = {*_around([*operands, last, *([first] if first else [])], Kind.INSTANT)}
    return sorted(each for each in found if each <= last and (first is None or each >= first))
