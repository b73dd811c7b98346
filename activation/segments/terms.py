"""Segments as engines see them: distinct terms, combined by a tree.

Equal leaves of different segments are one term, evaluated once. A term is true or false for every profile;
its operands are already of its column's type, so no engine has to guess one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

Operand = str | bool | int | Decimal | date | datetime


class Kind(StrEnum):
    """What a value is, as far as comparing goes."""

    TEXT = "text"
    WHOLE = "whole number"
    DECIMAL = "decimal number"
    REAL = "number"
    BOOLEAN = "true or false"
    DATE = "date"
    INSTANT = "instant"


@dataclass(frozen=True)
class Comparison:
    """`operator` is one of: is, is_not, in, not_in, greater, less, at_least, at_most, between, contains,
    starts_with, ends_with, missing, from_until (the second bound exclusive).

    All but `missing: true` are false of a missing value.
    """

    operator: str
    operands: tuple[Operand, ...]


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
class Happening:
    """Events of one name that pass the filters, since local midnight `days` days before (None: ever)."""

    event: str
    filters: frozenset[Filter]
    days: int | None


@dataclass(frozen=True)
class CountTerm:
    """How many such events there are; none is 0."""

    happening: Happening
    comparison: Comparison


@dataclass(frozen=True)
class ScoreTerm:
    """A model's score; no comparison asks whether there is one."""

    model: str
    comparison: Comparison | None


@dataclass(frozen=True)
class MemberTerm:
    """Membership of another segment."""

    segment: str


Term = AttributeTerm | CountTerm | ScoreTerm | MemberTerm


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


Tree = Group | Scored | AttributeTerm | CountTerm | MemberTerm


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
