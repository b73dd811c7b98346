"""Names that nothing has, attributes compared with what they are not, rooms that aren't there yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from activation.journeys.campaign import Campaign, Goal
from activation.journeys.history.attributes import TIMED
from activation.journeys.language.entry import Enter
from activation.journeys.language.exits import Exit
from activation.journeys.language.leaves import Attribute, Listed, Score, Segment
from activation.journeys.language.step import Keys
from activation.journeys.linting.findings import Finding, Severity, at
from activation.journeys.linting.known import Known
from activation.journeys.linting.pieces import pieces
from activation.journeys.steps._pauses import AttributeTime
from activation.journeys.steps.flag import Flag
from activation.journeys.steps.rank import Candidate
from activation.segments.catalogue import suggestion
from activation.segments.grammar.behaviour import Filtered
from activation.segments.reading import operands_of
from activation.segments.terms import Kind
from activation.segments.typing_rules import operators_of, typed
from kith.definitions import Definition

_SPANS = ("within", "older_than", "anniversary_within")
_TIMES = (Kind.DATE, Kind.INSTANT)
_NUMBERS = (Kind.WHOLE, Kind.DECIMAL, Kind.AMOUNT, Kind.REAL)


@dataclass(frozen=True)
class References:
    """The references of one definition."""

    definition: Definition[Any]
    known: Known
    zone: str

    def findings(self) -> Iterator[Finding]:
        for keys, piece in pieces(self.definition.body):
            for kind, check in _CHECKS.items():
                if isinstance(piece, kind):
                    yield from check(self, keys, piece)

    def missing(self, keys: Keys, what: str, name: str | None, known: Collection[str]) -> Iterator[Finding]:
        if name is not None and name not in known:
            way_out = f"expected {suggestion(name, sorted(known))}"
            yield self.finding(keys, f"there is no {what} {name}", way_out, f"unknown_{what}")

    def attribute(self, keys: Keys, name: str, kinds: Collection[Kind] = ()) -> Iterator[Finding]:
        """That it exists, is of one of the kinds, and has a past."""
        if name not in self.known.attributes:
            yield from self.missing(keys, "attribute", name, self.known.attributes)
            return
        kind = self.known.attributes[name]
        if kinds and kind is not None and kind not in kinds:
            way_out = "expected a " + " or ".join(each.value for each in kinds)
            yield self.finding(keys, f"{name} is a {kind.value}", way_out, "wrong_type")
        if name not in self.known.computed and name not in TIMED:
            problem = f"of {name} only the present value is known, so a backtest would know the future"
            way_out = "make it a computed attribute, or ask for events in a window"
            yield self.finding(keys, problem, way_out, "no_history", Severity.WARNING)

    def finding(
        self, keys: Keys, problem: str, way_out: str, rule: str, severity: Severity = Severity.ERROR
    ) -> Finding:
        return Finding(at(self.definition, keys), problem, way_out, rule, severity)


def _of_attribute(told: References, keys: Keys, piece: Attribute) -> Iterator[Finding]:
    yield from told.attribute((*keys, "attribute"), piece.attribute)
    kind = told.known.attributes.get(piece.attribute)
    if kind is None:
        return
    if piece.operator not in operators_of(kind):
        way_out = "expected one of " + ", ".join(operators_of(kind))
        problem = f"{piece.attribute} is a {kind.value}, which has no {piece.operator}"
        yield told.finding((*keys, piece.operator), problem, way_out, "wrong_type")
        return
    if piece.operator in (*_SPANS, "missing"):
        return
    for operand in operands_of(piece.operand):
        try:
            typed(operand, kind, told.zone)
        except ValueError as error:
            problem, _, expected = f"{piece.attribute} is a {kind.value}, {error}".partition("; ")
            yield told.finding((*keys, piece.operator), problem, expected, "wrong_type")


def _of_segment(told: References, keys: Keys, piece: Segment) -> Iterator[Finding]:
    yield from told.missing((*keys, "segment"), "segment", piece.segment, told.known.segments)


def _of_score(told: References, keys: Keys, piece: Score) -> Iterator[Finding]:
    yield from told.missing((*keys, "score"), "score", piece.score, told.known.scores)


def _of_candidate(told: References, keys: Keys, piece: Candidate) -> Iterator[Finding]:
    yield from told.missing((*keys, "score"), "score", piece.score, told.known.scores)
    if piece.attribute is not None:
        yield from told.attribute((*keys, "attribute"), piece.attribute, _NUMBERS)


def _of_time(told: References, keys: Keys, piece: AttributeTime) -> Iterator[Finding]:
    yield from told.attribute((*keys, "attribute"), piece.attribute, _TIMES)


def _of_way(told: References, keys: Keys, piece: Enter | Exit) -> Iterator[Finding]:
    for word in ("segment", "left"):
        yield from told.missing((*keys, word), "segment", getattr(piece, word), told.known.segments)
    if isinstance(piece, Enter) and piece.list is not None:
        yield from _of_list(told, (*keys, "list"), piece.list)
    if isinstance(piece, Enter) and piece.api is not None:
        problem = "nothing hands people over yet: the API that does is not there"
        way_out = "enter by an event that your application tracks"
        yield told.finding((*keys, "api"), problem, way_out, "no_room_yet", Severity.WARNING)


def _of_event(told: References, keys: Keys, piece: Any) -> Iterator[Finding]:
    """An event that never came, if anybody knows which did; of a draft it may yet come."""
    is_draft = told.definition.document.get("state") == "draft"
    severity = Severity.NOTE if is_draft else Severity.WARNING
    for word in ("event", "did", "did_not"):
        name = getattr(piece, word, None)
        if isinstance(name, str) and told.known.events is not None and name not in told.known.events:
            problem = f"no event '{name}' was ever seen; is the name right?"
            near = suggestion(name, sorted(told.known.events))
            way_out = (
                f"expected {near}"
                if not near.startswith("one of")
                else "check how your application spells it"
            )
            yield told.finding((*keys, word), problem, way_out, "unseen_event", severity)


def _of_list(told: References, keys: Keys, name: str) -> Iterator[Finding]:
    if name not in told.known.lists:
        problem, way_out = f"nobody uploaded a list {name} yet", f"kith lists upload FILE --name {name}"
        yield told.finding(keys, problem, way_out, "unknown_list", Severity.WARNING)


def _of_listed(told: References, keys: Keys, piece: Listed) -> Iterator[Finding]:
    yield from _of_list(told, (*keys, "list"), piece.list)


def _of_flag(told: References, keys: Keys, piece: Flag) -> Iterator[Finding]:
    problem = "nothing reads feature flags yet, so the step does nothing"
    way_out = "take it out, or use update_profile and ask for the trait"
    yield told.finding((*keys, "flag"), problem, way_out, "no_room_yet", Severity.WARNING)


def _of_campaign(told: References, keys: Keys, piece: Campaign) -> Iterator[Finding]:
    yield from told.missing((*keys, "to"), "segment", piece.to, told.known.segments)


_CHECKS: dict[type[BaseModel], Callable[[References, Keys, Any], Iterator[Finding]]] = {
    Attribute: _of_attribute,
    Segment: _of_segment,
    Listed: _of_listed,
    Score: _of_score,
    Candidate: _of_candidate,
    AttributeTime: _of_time,
    Enter: _of_way,
    Exit: _of_way,
    Flag: _of_flag,
    Campaign: _of_campaign,
    Filtered: _of_event,
    Goal: _of_event,
}
