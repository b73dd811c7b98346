"""What graphs, templates and caps ask of history: nothing else is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from activation.gates._caps import Cap
from activation.journeys.graph import (
    AttributeCondition,
    Branch,
    Condition,
    EventEntry,
    EventMatch,
    ExitRule,
    Experiment,
    Graph,
    LaunchEntry,
    ListEntry,
    Message,
    MessageCondition,
    Ranked,
    ScheduleEntry,
    ScoreCondition,
    SegmentCondition,
    SegmentEntry,
    UntilAttribute,
    Wait,
)
from activation.journeys.history.feedback import events_of_status
from activation.journeys.variables import attributes_asked
from activation.rendering.templates import Template

#: A look-back without a beginning.
EVER = 1 << 60
#: Who has waited longest for feedback on a message: the look-back of a condition on its status.
FEEDBACK_SPAN = EVER

Properties = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Needs:
    """`events`: names that entries, waits and exits listen to. `look_backs`: names that conditions look back at, with
    the longest span in microseconds. `properties`: what is read of each event, by the top key of its path.

    `has_dates`: some step waits for an instant of a profile, so offsets of years ahead are read.
    """

    events: frozenset[str] = frozenset()
    look_backs: Mapping[str, int] = field(default_factory=dict)
    properties: Properties = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    scores: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    cap_span: int = 0
    has_dates: bool = False
    has_experiments: bool = False
    has_best_hours: bool = False
    has_affinity: bool = False


def needs_of(
    graphs: Iterable[Graph], templates: Iterable[Template] = (), caps: Collection[Cap] = ()
) -> Needs:
    """Everything that these versions of journeys, these templates and these caps read."""
    asked = _Asked()
    for graph in graphs:
        asked.read(graph)
    asked.attributes |= attributes_asked(templates)
    spans = [limit.microseconds for cap in caps for limit in cap.limits]
    return Needs(
        events=frozenset(asked.events),
        look_backs=dict(asked.look_backs),
        properties={event: frozenset(keys) for event, keys in asked.properties.items()},
        attributes=frozenset(asked.attributes),
        segments=frozenset(asked.segments),
        scores=frozenset(asked.scores),
        purposes=frozenset(each.purpose for each in asked.messages),
        channels=frozenset(channel for each in asked.messages for channel in each.channels),
        cap_span=max(spans, default=0),
        has_dates=asked.has_dates,
        has_experiments=asked.has_experiments,
        has_best_hours=any(each.best_hour for each in asked.messages),
        has_affinity=any(each.chosen_by == "affinity" for each in asked.messages),
    )


@dataclass
class _Asked:
    events: set[str] = field(default_factory=set)
    look_backs: dict[str, int] = field(default_factory=dict)
    properties: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    attributes: set[str] = field(default_factory=set)
    segments: set[str] = field(default_factory=set)
    scores: set[str] = field(default_factory=set)
    messages: list[Message] = field(default_factory=list)
    has_dates: bool = False
    has_experiments: bool = False

    def read(self, graph: Graph) -> None:
        self._enter(graph)
        for rule in graph.exits:
            self._leave(rule)
        for node in graph.nodes:
            if isinstance(node, Wait):
                for branch in node.branches:
                    self._listen(branch.match)
            elif isinstance(node, Message):
                self.messages.append(node)
            elif isinstance(node, UntilAttribute):
                self.attributes.add(node.attribute)
                self.has_dates = True
            elif isinstance(node, Experiment):
                self.has_experiments = True
            for condition in _conditions(node):
                self._ask(condition)

    def _enter(self, graph: Graph) -> None:
        entry = graph.entry
        if isinstance(entry, EventEntry):
            self._listen(entry.match)
            if entry.key:
                self._property(entry.match.event, entry.key)
        elif isinstance(entry, ListEntry):
            self.events.add(entry.event)
        elif isinstance(entry, SegmentEntry | LaunchEntry | ScheduleEntry) and entry.segment:
            self.segments.add(entry.segment)

    def _leave(self, rule: ExitRule) -> None:
        if isinstance(rule.when, EventMatch):
            self._listen(rule.when)
            if rule.key:
                self._property(rule.when.event, rule.key)
        else:
            self.segments.add(rule.when.segment)

    def _listen(self, match: EventMatch) -> None:
        self.events.add(match.event)
        self._filters(match)

    def _filters(self, match: EventMatch) -> None:
        for each in match.where:
            self._property(match.event, each.name)

    def _property(self, event: str, path: str) -> None:
        self.properties[event].add(path.split(".", 1)[0])

    def _ask(self, condition: Condition) -> None:
        if isinstance(condition, AttributeCondition):
            self.attributes.add(condition.attribute)
        elif isinstance(condition, SegmentCondition):
            self.segments.add(condition.segment)
        elif isinstance(condition, ScoreCondition):
            self.scores.add(condition.score)
        elif isinstance(condition, MessageCondition):
            for event in events_of_status(condition.status):
                self.look_backs[event] = FEEDBACK_SPAN
        else:
            span = EVER if condition.within is None else condition.within
            event = condition.match.event
            self.look_backs[event] = max(span, self.look_backs.get(event, 0))
            self._filters(condition.match)


def _conditions(node: object) -> Iterator[Condition]:
    if isinstance(node, Branch):
        for branch in node.branches:
            yield from branch
    elif isinstance(node, Ranked):
        for kind, name in node.operands:
            if kind == "score":
                yield ScoreCondition(name, "present", None)
            else:
                yield AttributeCondition(name, "present", None)
