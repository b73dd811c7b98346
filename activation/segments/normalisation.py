"""From the grammar to terms: names are looked up, operands typed, relative dates made absolute."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activation.segments.catalogue import Catalogue, suggestion
from activation.segments.grammar import (
    All,
    AnyOf,
    Attribute,
    Did,
    DidNot,
    Event,
    Member,
    NoneOf,
    Property,
    Score,
    SegmentBody,
)
from activation.segments.terms import (
    AttributeTerm,
    Comparison,
    CountTerm,
    Filter,
    Group,
    Happening,
    Kind,
    MemberTerm,
    Scored,
    ScoreTerm,
    Segment,
    Tree,
)
from activation.segments.typing_rules import operators_of, typed
from activation.segments.windows import day_bounds
from kith.definitions import Definition

Keys = tuple[str | int, ...]
AT_LEAST_ONCE = Comparison("at_least", (1,))
NEVER = Comparison("at_most", (0,))


@dataclass(frozen=True)
class Normaliser:
    """Reads definitions against a catalogue for one instant; every refusal names file, line and field."""

    catalogue: Catalogue
    segments: Collection[str]
    as_of: datetime

    def segment(self, definition: Definition[SegmentBody]) -> Segment:
        """One definition as an engine takes it."""
        tree = _Reading(self, definition).tree(definition.body.who, ("who",))
        return Segment(definition.name, definition.version, tree)


@dataclass(frozen=True)
class _Reading:
    """One definition being read."""

    rules: Normaliser
    definition: Definition[SegmentBody]

    def tree(self, condition: Any, keys: Keys) -> Tree:
        match condition:
            case All(all=children):
                return self._group("all", children, keys)
            case AnyOf(any=children):
                return self._group("any", children, keys)
            case NoneOf(none=children):
                return self._group("none", children, keys)
            case Attribute():
                return self._attribute(condition, keys)
            case Event():
                comparison = Comparison(condition.count.operator, _operands(condition.count.operand))
                return CountTerm(self._happening(condition.event, condition, keys), comparison)
            case Did():
                return CountTerm(self._happening(condition.did, condition, keys), AT_LEAST_ONCE)
            case DidNot():
                return CountTerm(self._happening(condition.did_not, condition, keys), NEVER)
            case Score():
                return self._score(condition, keys)
            case Member():
                return self._member(condition, keys)
        raise AssertionError(f"no reading of {type(condition).__name__}")

    def _group(self, word: str, children: tuple[Any, ...], keys: Keys) -> Group:
        read = tuple(self.tree(child, (*keys, word, number)) for number, child in enumerate(children))
        return Group(word, read)

    def _attribute(self, condition: Attribute, keys: Keys) -> AttributeTerm:
        name = condition.attribute
        kind = self.rules.catalogue.attributes.get(name)
        if kind is None:
            known = list(self.rules.catalogue.attributes)
            raise self.definition.error(
                f"there is no attribute '{name}'", (*keys, "attribute"), expected=suggestion(name, known)
            )
        return AttributeTerm(name, kind, self._comparison(condition, kind, keys, f"'{name}' is a {kind}"))

    def _comparison(self, given: Attribute | Property, kind: Kind, keys: Keys, what: str) -> Comparison:
        operator, place = given.operator, (*keys, given.operator)
        if operator not in operators_of(kind):
            raise self.definition.error(f"{what}", place, expected="one of " + ", ".join(operators_of(kind)))
        if operator == "missing":
            return Comparison("missing", (bool(given.operand),))
        if operator in ("within", "older_than"):
            start, end = day_bounds(self.rules.as_of, given.operand, self.rules.catalogue.zone, kind)
            return (
                Comparison("from_until", (start, end))
                if operator == "within"
                else Comparison("less", (start,))
            )
        try:
            zone = self.rules.catalogue.zone
            return Comparison(operator, tuple(typed(each, kind, zone) for each in _operands(given.operand)))
        except ValueError as error:
            raise self.definition.error(f"{what}, {error}", place) from None

    def _happening(self, event: str, condition: Event | Did | DidNot, keys: Keys) -> Happening:
        filters = frozenset(
            self._filter(name, given, (*keys, "where", name)) for name, given in condition.where.items()
        )
        return Happening(event, filters, condition.within)

    def _filter(self, name: str, given: Property, keys: Keys) -> Filter:
        """A property has no declared type: the operand's own says how it is read."""
        path = tuple(name.split("."))
        if not all(path):
            raise self.definition.error(
                f"'{name}' is no path of a property", keys, expected="such as total or cart.total"
            )
        kinds = (
            {_kind_of(each) for each in _operands(given.operand)}
            if given.operator != "missing"
            else {Kind.TEXT}
        )
        if len(kinds) > 1:
            raise self.definition.error("mixes types", (*keys, given.operator), expected="values of one type")
        kind = kinds.pop()
        return Filter(path, kind, self._comparison(given, kind, keys, f"it is compared as {kind}"))

    def _score(self, condition: Score, keys: Keys) -> Scored:
        operands = tuple(typed(each, Kind.REAL, "UTC") for each in _operands(condition.operand))
        term = ScoreTerm(condition.score, Comparison(condition.operator, operands))
        fallback = self.tree(condition.fallback, (*keys, "fallback"))
        return Scored(ScoreTerm(condition.score, None), term, fallback)

    def _member(self, condition: Member, keys: Keys) -> MemberTerm:
        name = condition.segment
        known = [*self.rules.segments, *self.rules.catalogue.analyst_segments]
        if name not in known:
            raise self.definition.error(
                f"there is no segment '{name}'", (*keys, "segment"), expected=suggestion(name, known)
            )
        return MemberTerm(name)


def _operands(operand: Any) -> tuple[Any, ...]:
    return operand if isinstance(operand, tuple) else (operand,)


def _kind_of(value: Any) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOLEAN
    return Kind.TEXT if isinstance(value, str) else Kind.DECIMAL
