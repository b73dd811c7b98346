"""The evaluator for one profile whose rows are in memory: the API and flags ask it.

Compiled once for an instant, it looks nothing up: what it judges by is handed in as `Facts`. Each distinct term
is judged once; a segment's tree then works on one integer with a bit per term.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from activation.segments.compiler import Moment
from activation.segments.judgement import judge
from activation.segments.one_behaviour import OneBehaviour, Row, Window
from activation.segments.ordering import levels
from activation.segments.percentiles import SIDES
from activation.segments.terms import (
    AttributeTerm,
    BehaviourTerm,
    Comparison,
    ConsentTerm,
    Group,
    Kind,
    ListTerm,
    MemberTerm,
    RecentTerm,
    Scored,
    ScoreTerm,
    Segment,
    SequenceTerm,
    ShareTerm,
    Term,
    Tree,
    terms_of,
)
from kith.ids import bucket


@dataclass(frozen=True)
class Facts:
    """What is known of one profile before the instant.

    `attributes` by name, typed as their columns are (floats finite, instants aware); `rows` by event, oldest
    first; `scores` by model; `consents` by purpose and channel; `analyst_segments` and `lists` that it is on.
    """

    profile_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    consents: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    analyst_segments: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


Verdict = Callable[[Facts, OneBehaviour], bool]
Step = Callable[[int], bool]


class OneProfile:
    """Judges profiles one at a time, at the moment it was made for."""

    def __init__(self, segments: Mapping[str, Segment], moment: Moment) -> None:
        terms = dict.fromkeys(
            term
            for each in segments.values()
            for term in terms_of(each.tree)
            if not (isinstance(term, MemberTerm) and term.segment in segments)
        )
        self._window = Window(moment.as_of, moment.zone)
        self._verdicts = [_verdict(term, moment, self._window) for term in terms]
        places: dict[Term, int] = {term: 1 << number for number, term in enumerate(terms)}
        self._segments: list[tuple[str, int, Step]] = []
        for level in levels(segments, {}):
            for each in level:
                place = 1 << len(places)
                self._segments.append((each.name, place, _step(each.tree, places)))
                places[MemberTerm(each.name)] = place

    def segments_of(self, facts: Facts) -> list[str]:
        """The names of the segments that the profile is in."""
        behaviour, truth, found = OneBehaviour(facts.rows), 0, []
        for number, verdict in enumerate(self._verdicts):
            if verdict(facts, behaviour):
                truth |= 1 << number
        for name, place, step in self._segments:
            if step(truth):
                truth |= place
                found.append(name)
        return found


def _verdict(term: Term, moment: Moment, window: Window) -> Verdict:
    match term:
        case AttributeTerm(attribute=name, kind=kind, comparison=comparison):
            compared = _real(comparison) if kind is Kind.REAL else comparison
            return lambda facts, _: judge(facts.attributes.get(name), compared)
        case BehaviourTerm():
            return _measure(term, window)
        case SequenceTerm():
            start = window.start(term.days)
            return lambda _, behaviour: behaviour.shows(term, start)
        case RecentTerm():
            return _recent(term, window)
        case ScoreTerm():
            return _score(term, moment)
        case ConsentTerm(purpose=purpose, channel=channel, state=state):
            wanted = {"granted": True, "refused": False, "unknown": None}[state]
            return lambda facts, _: facts.consents.get((purpose, channel)) is wanted
        case ListTerm(name=name):
            return lambda facts, _: name in facts.lists
        case ShareTerm(salt=salt, start=start, end=end):
            return lambda facts, _: start <= bucket(facts.profile_id, salt) < end
        case MemberTerm(segment=segment):
            return lambda facts, _: segment in facts.analyst_segments


def _measure(term: BehaviourTerm, window: Window) -> Verdict:
    happening, comparison = term.happening, term.comparison
    span = (window.start(happening.days), window.end(happening.until))
    return lambda _, behaviour: behaviour.measures(term, span, comparison, window)


def _recent(term: RecentTerm, window: Window) -> Verdict:
    span = (window.start(term.happening.days), window.end(None))
    return lambda _, behaviour: behaviour.answers(term, span)


def _score(term: ScoreTerm, moment: Moment) -> Verdict:
    model, comparison = term.model, term.comparison
    if comparison is None:
        return lambda facts, _: model in facts.scores
    if comparison.operator in SIDES:
        threshold = moment.thresholds[model, comparison]
        if threshold is None:
            return lambda facts, _: False
        comparison = Comparison(SIDES[comparison.operator][1], (threshold,))
    real = _real(comparison)
    return lambda facts, _: judge(facts.scores.get(model), real)


def _real(comparison: Comparison) -> Comparison:
    """Operands as the floats that they are compared with; of `missing` there is nothing to convert."""
    if comparison.operator == "missing":
        return comparison
    return Comparison(comparison.operator, tuple(float(str(each)) for each in comparison.operands))


def _step(tree: Tree, places: Mapping[Term, int]) -> Step:
    """A tree as a function of the truths: bits that must be set, bits that must be clear, and steps."""
    match tree:
        case Group(word="all", children=children):
            need, steps = _parts(children, places)
            return lambda truth: truth & need == need and all(step(truth) for step in steps)
        case Group(word=word, children=children):
            some, steps = _parts(children, places)
            if word == "any":
                return lambda truth: bool(truth & some) or any(step(truth) for step in steps)
            return lambda truth: not truth & some and not any(step(truth) for step in steps)
        case Scored(known=known, term=term, fallback=fallback):
            has, passes, otherwise = places[known], places[term], _step(fallback, places)
            return lambda truth: bool(truth & passes) if truth & has else otherwise(truth)
        case _:
            place = places[tree]
            return lambda truth: bool(truth & place)


def _parts(children: Sequence[Tree], places: Mapping[Term, int]) -> tuple[int, list[Step]]:
    bits, steps = 0, []
    for child in children:
        if isinstance(child, Group | Scored):
            steps.append(_step(child, places))
        else:
            bits |= places[child]
    return bits, steps
