"""Leaves about behaviour as terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from activation.segments.grammar import Event, Property, Sequence
from activation.segments.grammar import Occurrence as GivenOccurrence
from activation.segments.grammar.behaviour import Happened
from activation.segments.reading import Keys, operands_of, typed_comparison
from activation.segments.terms import (
    BehaviourTerm,
    Comparison,
    Filter,
    Group,
    Happening,
    Kind,
    Measure,
    Occurrence,
    SequenceTerm,
    Tree,
)
from kith.definitions import Definition

AT_LEAST_ONCE = Comparison("at_least", (1,))
NEVER = Comparison("at_most", (0,))
KINDS = {
    **dict.fromkeys(("count", "days", "distinct"), Kind.WHOLE),
    **dict.fromkeys(("sum", "average", "minimum", "maximum"), Kind.AMOUNT),
    **dict.fromkeys(("first", "last"), Kind.INSTANT),
}


@dataclass(frozen=True)
class BehaviourReading:
    """Reads the behaviour of one definition; every refusal names file, line and field."""

    definition: Definition[Any]
    as_of: datetime
    zone: str

    def measured(self, condition: Event, keys: Keys) -> Tree:
        """One term, or with `in_each` one for each period, all of which must hold."""
        word = condition.measure
        given = getattr(condition, word)
        of = getattr(given, "of", None)
        measure = Measure(word, () if of is None else self.path(of, (*keys, word, "of")))
        kind = KINDS[word]
        comparison = typed_comparison(
            self.definition, given, kind, (*keys, word), f"the {word} is a {kind}", self.as_of, self.zone
        )
        spans = [self.happening(condition.event, condition, keys)]
        if condition.in_each and condition.periods:
            spans = [_period(spans[0].occurrence, condition.in_each, n) for n in range(condition.periods)]
        terms = tuple(BehaviourTerm(span, measure, comparison) for span in spans)
        return terms[0] if len(terms) == 1 else Group("all", terms)

    def happening(self, event: str, condition: Happened, keys: Keys) -> Happening:
        return Happening(Occurrence(event, self._filters(condition.where, keys)), condition.within)

    def sequence(self, condition: Sequence, keys: Keys) -> SequenceTerm:
        first, then = (
            self._occurrence(each, (*keys, "sequence", number))
            for number, each in enumerate(condition.sequence)
        )
        without = self._occurrence(condition.without, (*keys, "without")) if condition.without else None
        gap = None if condition.gap is None else condition.gap // timedelta(microseconds=1)
        return SequenceTerm(first, then, without, gap, condition.within)

    def _occurrence(self, given: GivenOccurrence, keys: Keys) -> Occurrence:
        return Occurrence(given.did, self._filters(given.where, keys))

    def _filters(self, where: Mapping[str, Property], keys: Keys) -> frozenset[Filter]:
        return frozenset(self._filter(name, given, (*keys, "where", name)) for name, given in where.items())

    def _filter(self, name: str, given: Property, keys: Keys) -> Filter:
        """A property has no declared type: the operand's own says how it is read."""
        path = self.path(name, keys)
        operands = operands_of(given.operand) if given.operator != "missing" else ("",)
        kinds = {_kind_of(each) for each in operands}
        if len(kinds) > 1:
            raise self.definition.error("mixes types", (*keys, given.operator), expected="values of one type")
        kind = kinds.pop()
        what = f"it is compared as {kind}"
        comparison = typed_comparison(self.definition, given, kind, keys, what, self.as_of, self.zone)
        return Filter(path, kind, comparison)

    def path(self, name: str, keys: Keys) -> tuple[str, ...]:
        """The path of a property, `cart.total` as two keys."""
        path = tuple(name.split("."))
        if not all(path):
            raise self.definition.error(
                f"'{name}' is no path of a property", keys, expected="such as total or cart.total"
            )
        return path


def _period(occurrence: Occurrence, days: int, number: int) -> Happening:
    """The period `number` back: 0 is the one that ends with the evaluation."""
    return Happening(occurrence, days * (number + 1), days * number if number else None)


def _kind_of(value: Any) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOLEAN
    return Kind.TEXT if isinstance(value, str) else Kind.DECIMAL
