"""All definitions compiled for one local day, then asked of one profile after another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from activation.segments.compiler import Moment
from activation.segments.percentiles import SIDES
from activation.segments.person.behaviour import Behaviour
from activation.segments.person.columns import Column
from activation.segments.person.days import moment_of
from activation.segments.person.explaining import Values
from activation.segments.person.facts import Facts
from activation.segments.person.trees import Trees
from activation.segments.terms import (
    Acted,
    AttributeTerm,
    Comparison,
    ConsentTerm,
    Kind,
    ListTerm,
    MemberTerm,
    ScoreTerm,
    Segment,
    ShareTerm,
    Term,
    terms_of,
)
from activation.segments.verdict import Verdict, tell
from kith.ids import bucket
from kith.times import local_day, local_midnight

_KNOWN = Comparison("missing", (False,))
_STATES = {"granted": True, "refused": False, "unknown": None}


class Compiled:
    """Definitions for the local day of `moment`: from its instant until the next local midnight (made at a
    midnight, for that instant alone), since windows begin at midnights.

    Percentiles are judged by the thresholds of the moment, everything else by the facts: nothing is looked up.
    Each distinct term has a bit of one integer, each node of a tree another. Who serves requests calls `gc.freeze()`
    after compiling: what is compiled stays, and needs no collecting.
    """

    def __init__(self, segments: Mapping[str, Segment], moment: Moment) -> None:
        distinct = dict.fromkeys(term for each in segments.values() for term in terms_of(each.tree))
        terms = [each for each in distinct if not (isinstance(each, MemberTerm) and each.segment in segments)]
        self._segments, self._moment = segments, moment
        self._bits: dict[Term, int] = {term: 1 << number for number, term in enumerate(terms)}
        self._until = _valid_until(moment)
        self._columns = _columns(self._bits, moment)
        self._scores = _scores(self._bits, moment)
        self._shares = _shares(self._bits)
        self._consents = _consents(self._bits)
        self._lists = {term.name: bit for term, bit in self._bits.items() if isinstance(term, ListTerm)}
        self._members = {
            term.segment: bit for term, bit in self._bits.items() if isinstance(term, MemberTerm)
        }
        acted = {term: bit for term, bit in self._bits.items() if isinstance(term, Acted)}
        self._behaviour = Behaviour(acted, moment)
        self._trees = Trees(segments, self._bits)

    def members(self, facts: Facts, as_of: datetime) -> list[str]:
        """The names of the segments that the profile is in at an instant, those that others ask for first.

        Rows at the instant or later aren't seen. Raises ValueError for an instant of another local day.
        """
        return self._trees.members(self._truth(facts, as_of))

    def explain(self, facts: Facts, as_of: datetime, segment: str) -> Verdict:
        """The tree of a segment with each condition's value and truth. Raises KeyError for a name not compiled."""
        truth, values = self._truth(facts, as_of), Values(facts, as_of, self._moment.zone)

        def look(term: Term) -> tuple[object, bool]:
            return values.of(term), bool(truth & self._bits[term])

        return tell(self._segments[segment].tree, self._segments, look)

    def _truth(self, facts: Facts, as_of: datetime) -> int:
        if not self._moment.as_of <= as_of < self._until:
            raise ValueError(f"compiled for {self._moment.as_of} until {self._until}, asked as of {as_of}")
        attributes, truth = facts.attributes, 0
        for name, is_instant, column in self._columns:
            value = attributes.get(name)
            truth |= column.at(value, as_of) if is_instant else column.of(value)
        for model, column in self._scores:
            truth |= column.of(facts.scores.get(model))
        for salt, column in self._shares:
            truth |= column.of(bucket(facts.profile_id, salt))
        for key, bits in self._consents.items():
            truth |= bits.get(facts.consents.get(key), 0)
        for name in facts.lists:
            truth |= self._lists.get(name, 0)
        for name in facts.analyst_segments:
            truth |= self._members.get(name, 0)
        truth |= self._behaviour.truth(facts.rows, moment_of(as_of))
        return truth


def _valid_until(moment: Moment) -> datetime:
    today = local_day(moment.as_of, moment.zone)
    if moment.as_of == local_midnight(today, moment.zone):
        return moment.as_of + timedelta(microseconds=1)
    return local_midnight(today + timedelta(days=1), moment.zone)


def _columns(bits: Mapping[Term, int], moment: Moment) -> list[tuple[str, bool, Column]]:
    compared: dict[tuple[str, Kind], list[tuple[Comparison, int]]] = defaultdict(list)
    for term, bit in bits.items():
        if isinstance(term, AttributeTerm):
            compared[term.attribute, term.kind].append((term.comparison, bit))
    return [
        (name, kind is Kind.INSTANT, Column(kind, given, moment.as_of))
        for (name, kind), given in compared.items()
    ]


def _scores(bits: Mapping[Term, int], moment: Moment) -> list[tuple[str, Column]]:
    """A percentile as a comparison with its threshold; where nobody has a score nobody is among the highest."""
    compared: dict[str, list[tuple[Comparison, int]]] = defaultdict(list)
    for term, bit in bits.items():
        if not isinstance(term, ScoreTerm):
            continue
        comparison = term.comparison or _KNOWN
        if comparison.operator in SIDES:
            threshold = moment.thresholds[term.model, comparison]
            if threshold is None:
                continue
            comparison = Comparison(SIDES[comparison.operator][1], (threshold,))
        compared[term.model].append((comparison, bit))
    return [(model, Column(Kind.REAL, given)) for model, given in compared.items()]


def _shares(bits: Mapping[Term, int]) -> list[tuple[str, Column]]:
    compared: dict[str, list[tuple[Comparison, int]]] = defaultdict(list)
    for term, bit in bits.items():
        if isinstance(term, ShareTerm):
            compared[term.salt].append((Comparison("from_until", (term.start, term.end)), bit))
    return [(salt, Column(Kind.WHOLE, given)) for salt, given in compared.items()]


def _consents(bits: Mapping[Term, int]) -> dict[tuple[str, str], dict[bool | None, int]]:
    found: dict[tuple[str, str], dict[bool | None, int]] = defaultdict(dict)
    for term, bit in bits.items():
        if isinstance(term, ConsentTerm):
            found[term.purpose, term.channel][_STATES[term.state]] = bit
    return found
