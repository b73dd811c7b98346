"""Segments as engines see them: distinct terms, combined by a tree.

Equal leaves of different segments are one term, evaluated once. A term is true or false for every profile;
its operands are already of its column's type, so no engine has to guess one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

Operand = str | bool | int | float | Decimal | date | datetime


class Kind(StrEnum):
    """What a value is, as far as comparing goes."""

    TEXT = "text"
    WHOLE = "whole number"
    DECIMAL = "decimal number"
    AMOUNT = "number of at most four fractional digits"
    REAL = "number"
    BOOLEAN = "true or false"
    DATE = "date"
    INSTANT = "instant"


@dataclass(frozen=True)
class Comparison:
    """`operator` is one of: is, is_not, in, not_in, greater, less, at_least, at_most, between, contains,
    starts_with, ends_with, missing, from_until (the second bound exclusive), anniversary (operands are
    month * 100 + day), top_percent, bottom_percent.

    All but `missing: true` are false of a missing value.
    """

    operator: str
    operands: tuple[Operand, ...]

    @cached_property
    def members(self) -> frozenset[Operand]:
        """The operands as a set: to look through a hundred thousand one by one takes a thousand times as long."""
        return frozenset(self.operands)


@dataclass(frozen=True)
class AttributeTerm:
    """A column of the profile."""

    attribute: str
    kind: Kind
    comparison: Comparison


@dataclass(frozen=True)
class Filter:
    """A property of an event; `keys` is its path, `kind` how it is read."""

    keys: tuple[str, ...]
    kind: Kind
    comparison: Comparison


@dataclass(frozen=True)
class Occurrence:
    """Events of one name that pass the filters."""

    event: str
    filters: frozenset[Filter] = frozenset()


@dataclass(frozen=True)
class Happening:
    """Such events in a span of local days: from local midnight `days` days before the evaluation (None: ever)
    until local midnight `until` days before it (None: its instant)."""

    occurrence: Occurrence
    days: int | None
    until: int | None = None


@dataclass(frozen=True)
class Measure:
    """What is made of the events: `count`; `days` (different local days); `first`, `last` (instants); and over
    the property at `keys`: `distinct` texts, `sum`, `average`, `minimum`, `maximum` of amounts.

    Of no events `count`, `days`, `distinct` and `sum` are 0 and the others missing. An amount is a number of
    four fractional digits, rounded half away from zero; what doesn't read as one is missing.
    """

    word: str
    keys: tuple[str, ...] = ()


COUNT = Measure("count")


@dataclass(frozen=True)
class BehaviourTerm:
    """A measure of events, compared."""

    happening: Happening
    measure: Measure
    comparison: Comparison


@dataclass(frozen=True)
class SequenceTerm:
    """`first`, and strictly later, at most `gap` microseconds of elapsed time (None: however long), `then`;
    with nothing of `without` from the one to the other, both ends included. All of it since local midnight
    `days` days before (None: ever)."""

    first: Occurrence
    then: Occurrence
    without: Occurrence | None
    gap: int | None
    days: int | None


@dataclass(frozen=True)
class RecentTerm:
    """Of the last `last` rows of a happening, how many have an answer: a row of `answer` in the same span of
    days with the same text at `keys`. All rows of one instant with the last of them are in."""

    happening: Happening
    last: int
    answer: Occurrence
    keys: tuple[str, ...]
    comparison: Comparison

    @property
    def answers(self) -> Happening:
        return Happening(self.answer, self.happening.days, self.happening.until)


@dataclass(frozen=True)
class ConsentTerm:
    """What is recorded for a purpose on a channel: `granted`, `refused`, or `unknown` (nothing is)."""

    purpose: str
    channel: str
    state: str


@dataclass(frozen=True)
class ListTerm:
    """Whether an uploaded list names the profile."""

    name: str


@dataclass(frozen=True)
class ShareTerm:
    """Whose hash under the salt lies in [start, end), of 2^32 buckets (`kith.ids.bucket`)."""

    salt: str
    start: int
    end: int


@dataclass(frozen=True)
class ScoreTerm:
    """A model's score; no comparison asks whether there is one."""

    model: str
    comparison: Comparison | None


@dataclass(frozen=True)
class MemberTerm:
    """Membership of another segment."""

    segment: str


Acted = BehaviourTerm | SequenceTerm | RecentTerm
Leaf = AttributeTerm | Acted | ConsentTerm | ShareTerm | ListTerm | MemberTerm
Term = Leaf | ScoreTerm


@dataclass(frozen=True)
class Group:
    """`all`, `any` or `none` of the children."""

    word: str
    children: tuple[Tree, ...]


@dataclass(frozen=True)
class Scored:
    """`term` where the model has a score, else the fallback."""

    known: ScoreTerm
    term: ScoreTerm
    fallback: Tree


Tree = Group | Scored | Leaf


@dataclass(frozen=True)
class Segment:
    """A definition, ready to be evaluated."""

    name: str
    version: str
    tree: Tree


def terms_of(tree: Tree) -> list[Term]:
    """Every term of a tree, in the order of the text."""
    if isinstance(tree, Group):
        return [term for child in tree.children for term in terms_of(child)]
    if isinstance(tree, Scored):
        return [tree.known, tree.term, *terms_of(tree.fallback)]
    return [tree]


def references(tree: Tree) -> list[str]:
    """The segments that a tree asks for."""
    return [term.segment for term in terms_of(tree) if isinstance(term, MemberTerm)]


def occurrences_of(term: Term) -> list[Occurrence]:
    """What a term looks for among the events."""
    if isinstance(term, BehaviourTerm):
        return [term.happening.occurrence]
    if isinstance(term, RecentTerm):
        return [term.happening.occurrence, term.answer]
    if isinstance(term, SequenceTerm):
        return [each for each in (term.first, term.then, term.without) if each]
    return []


def events_of(term: Term) -> list[str]:
    """The names of the events that a term looks at."""
    return [each.event for each in occurrences_of(term)]


def paths_of(term: Term) -> list[tuple[str, tuple[str, ...]]]:
    """The properties that a term looks at, by event."""
    paths = [(each.event, filtered.keys) for each in occurrences_of(term) for filtered in each.filters]
    if isinstance(term, BehaviourTerm) and term.measure.keys:
        paths.append((term.happening.occurrence.event, term.measure.keys))
    if isinstance(term, RecentTerm):
        paths += [(event, term.keys) for event in events_of(term)]
    return paths


def days_of(term: Acted) -> int | None:
    """How many local days back a term looks; None: ever."""
    return term.days if isinstance(term, SequenceTerm) else term.happening.days
