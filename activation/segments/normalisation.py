"""From the grammar to terms: names are looked up, operands typed, relative dates made absolute."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from activation.segments.behaviour_reading import AT_LEAST_ONCE, NEVER, BehaviourReading
from activation.segments.catalogue import Catalogue, suggestion
from activation.segments.grammar import (
    NAME_PATTERN,
    All,
    AnyOf,
    Attribute,
    Consent,
    Did,
    DidNot,
    Event,
    Listed,
    Member,
    Message,
    NoneOf,
    RandomShare,
    Score,
    SegmentBody,
    Sequence,
)
from activation.segments.message_reading import read_message
from activation.segments.reading import Keys, operands_of, typed_comparison
from activation.segments.terms import (
    COUNT,
    AttributeTerm,
    BehaviourTerm,
    Comparison,
    ConsentTerm,
    Group,
    Kind,
    ListTerm,
    MemberTerm,
    Scored,
    ScoreTerm,
    Segment,
    ShareTerm,
    Tree,
)
from activation.segments.typing_rules import typed
from kith.definitions import Definition

BUCKETS = 2**32
NAME = re.compile(NAME_PATTERN)


@dataclass(frozen=True)
class Normaliser:
    """Reads definitions against a catalogue for one instant; every refusal names file, line and field."""

    catalogue: Catalogue
    segments: Collection[str]
    as_of: datetime

    def segment(self, definition: Definition[SegmentBody]) -> Segment:
        """One definition as an engine takes it."""
        if not NAME.fullmatch(definition.name):
            raise definition.error(
                f"'{definition.name}' is no name of a segment",
                ("name",),
                expected="small letters, digits and _, a letter first, at most 63",
                way_out="give it a name, or rename the file",
            )
        tree = _Reading(self, definition).tree(definition.body.who, ("who",))
        return Segment(definition.name, definition.version, tree)


@dataclass(frozen=True)
class _Reading:
    """One definition being read."""

    rules: Normaliser
    definition: Definition[SegmentBody]

    def tree(self, condition: Any, keys: Keys) -> Tree:
        return _READERS[type(condition)](self, condition, keys)

    @property
    def behaviour(self) -> BehaviourReading:
        return BehaviourReading(self.definition, self.rules.as_of, self.rules.catalogue.zone)

    def group(self, condition: All | AnyOf | NoneOf, keys: Keys) -> Group:
        [(word, children)] = ((word, getattr(condition, word)) for word in type(condition).model_fields)
        read = tuple(self.tree(child, (*keys, word, number)) for number, child in enumerate(children))
        return Group(word, read)

    def attribute(self, condition: Attribute, keys: Keys) -> AttributeTerm:
        name = condition.attribute
        kind = self.rules.catalogue.attributes.get(name)
        if kind is None:
            known = list(self.rules.catalogue.attributes)
            raise self.definition.error(
                f"there is no attribute '{name}'", (*keys, "attribute"), expected=suggestion(name, known)
            )
        rules, what = self.rules, f"'{name}' is a {kind}"
        comparison = typed_comparison(
            self.definition, condition, kind, keys, what, rules.as_of, rules.catalogue.zone
        )
        return AttributeTerm(name, kind, comparison)

    def score(self, condition: Score, keys: Keys) -> Scored:
        operands = tuple(typed(each, Kind.REAL, "UTC") for each in operands_of(condition.operand))
        term = ScoreTerm(condition.score, Comparison(condition.operator, operands))
        fallback = self.tree(condition.fallback, (*keys, "fallback"))
        return Scored(ScoreTerm(condition.score, None), term, fallback)

    def member(self, condition: Member, keys: Keys) -> MemberTerm:
        name = condition.segment
        known = [*self.rules.segments, *self.rules.catalogue.analyst_segments]
        if name not in known:
            raise self.definition.error(
                f"there is no segment '{name}'", (*keys, "segment"), expected=suggestion(name, known)
            )
        return MemberTerm(name)


def _listed(reading: _Reading, condition: Listed, keys: Keys) -> ListTerm:
    known = list(reading.rules.catalogue.lists)
    if condition.list not in known:
        raise reading.definition.error(
            f"there is no list '{condition.list}'",
            (*keys, "list"),
            expected=suggestion(condition.list, known),
            way_out=f"upload it: kith lists upload FILE --name {condition.list}",
        )
    return ListTerm(condition.list)


def _share(reading: _Reading, condition: RandomShare, keys: Keys) -> ShareTerm:
    start = Decimal(repr(condition.from_))
    return ShareTerm(condition.salt, _bucket(start), _bucket(start + Decimal(repr(condition.random_share))))


def _bucket(share: Decimal) -> int:
    """The first bucket at or above a share, so that neighbouring shares neither overlap nor leave a gap."""
    return int((share * BUCKETS).to_integral_value(ROUND_CEILING))


def _did(reading: _Reading, condition: Did, keys: Keys) -> BehaviourTerm:
    return BehaviourTerm(reading.behaviour.happening(condition.did, condition, keys), COUNT, AT_LEAST_ONCE)


def _did_not(reading: _Reading, condition: DidNot, keys: Keys) -> BehaviourTerm:
    return BehaviourTerm(reading.behaviour.happening(condition.did_not, condition, keys), COUNT, NEVER)


_READERS: Mapping[type, Callable[[_Reading, Any, Keys], Tree]] = {
    All: _Reading.group,
    AnyOf: _Reading.group,
    NoneOf: _Reading.group,
    Attribute: _Reading.attribute,
    Event: lambda reading, condition, keys: reading.behaviour.measured(condition, keys),
    Did: _did,
    DidNot: _did_not,
    Sequence: lambda reading, condition, keys: reading.behaviour.sequence(condition, keys),
    Message: lambda reading, condition, keys: read_message(reading.behaviour, condition, keys),
    Score: _Reading.score,
    Member: _Reading.member,
    Consent: lambda reading, condition, keys: ConsentTerm(
        condition.consent, condition.channel, condition.is_
    ),
    Listed: _listed,
    RandomShare: _share,
}
