"""Random journeys: every kind of node, entry, exit and condition, small enough to read when one fails."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Literal

from activation.journeys.graph import (
    EXIT,
    Branch,
    Condition,
    Delay,
    Edge,
    Effect,
    EventCondition,
    EventMatch,
    ExitRule,
    Experiment,
    Graph,
    Message,
    MessageCondition,
    Node,
    Ranked,
    Reentry,
    ScoreCondition,
    SegmentCondition,
    Split,
    UntilAttribute,
    UntilLocal,
    Wait,
    WaitBranch,
    Window,
)
from tests.journeys_reference.random_entries import random_entry
from tests.journeys_reference.random_matches import ATTRIBUTES_ASKED, random_match
from tests.journeys_reference.world import DAY, HOUR, MINUTE

SEGMENTS, ATTRIBUTES, SCORES = ("big", "small"), ("level", "since", "city"), ("churn", "value")
CHANNELS, TAGS, CAPS = ("email", "sms"), ("news", "offer"), ("all_day", "by_tag", "hourly", "weekly")
CLOCKS = (0, 90 * MINUTE, 150 * MINUTE, 9 * HOUR, 23 * HOUR)
SPANS = (MINUTE, HOUR, 2 * HOUR, DAY)


@dataclass(frozen=True)
class Flavour:
    """What kind of journeys are wanted: `messages` is the share of nodes that are messages, `feedback` that of questions
    that are about the answer to one, beyond those that chance makes so."""

    messages: float = 0.25
    parks: float = 0.35
    nodes: int = 7
    kinds: tuple[str, ...] = ()
    feedback: float = 0.0


def random_graph(r: Random, number: int, start: int, end: int, flavour: Flavour) -> Graph:
    """A version of the journey `j<number>`: nodes lead to later ones or out."""
    nodes: list[Node] = []
    for _ in range(r.randint(1, flavour.nodes)):
        nodes.append(_Drawing(r, f"n{len(nodes) + 1}", tuple(nodes), flavour).node())
        if r.random() < 0.1:
            nodes += _next_lap(r, nodes)
    edges = [
        Edge(node.node_id, label, _target(r, nodes, position))
        for position, node in enumerate(nodes)
        for label in node.labels()
    ]
    return Graph(
        journey=f"j{number}",
        version="1",
        entry=random_entry(r, start, end),
        first=nodes[0].node_id,
        nodes=tuple(nodes),
        edges=tuple(edges),
        exits=tuple(_exit(r) for _ in range(r.choice([0, 1, 1, 2]))),
        reentry=Reentry(r.choice(["once", "again_after", "always"]), r.choice([HOUR, DAY])),
        holdout=r.choice([0.0, 0.0, 0.3]),
        caps=tuple(each for each in CAPS if r.random() < 0.8),
        priority=r.choice([1, 2, 100]),
        enter_from=r.choice([0, 0, start + DAY]),
        enter_until=r.choice([1 << 60, 1 << 60, end - DAY]),
    )


def _next_lap(r: Random, nodes: list[Node]) -> list[Node]:
    """A message that is sent once more, under the same step, after a clock step: as a loop would have it."""
    messages = [each for each in nodes if isinstance(each, Message)]
    if not messages:
        return []
    delay = Delay(f"n{len(nodes) + 1}", "step:lap", r.choice(SPANS))
    return [delay, replace(r.choice(messages), node_id=f"n{len(nodes) + 2}")]


def _target(r: Random, nodes: list[Node], position: int) -> str:
    """A later node, mostly the next, or out; another lap is only reached through its clock step."""
    near, count = position + 1, len(nodes)
    if nodes[position].step_id == "step:lap":
        return nodes[near].node_id
    chosen = r.choice([near, near, r.randint(near, count)])
    if chosen > near and nodes[chosen - 1].step_id == "step:lap":
        chosen -= 1
    return nodes[chosen].node_id if chosen < count else EXIT


def _exit(r: Random) -> ExitRule:
    segment = SegmentCondition(r.choice(SEGMENTS), r.random() < 0.5)
    if r.random() < 0.3:
        return ExitRule(segment, r.random() < 0.6)
    return ExitRule(random_match(r), r.random() < 0.6, "cart" if r.random() < 0.5 else "")


class _Drawing:
    """One node, with the messages before it that it may ask about."""

    def __init__(self, r: Random, node_id: str, before: tuple[Node, ...], flavour: Flavour) -> None:
        self.r, self.node_id, self.flavour = r, node_id, flavour
        self.messages = [each for each in before if isinstance(each, Message)]
        self.step_id = (
            r.choice(self.messages).step_id if self.messages and r.random() < 0.2 else f"step:{node_id}"
        )

    def node(self) -> Node:
        kinds = self.flavour.kinds or tuple(_KINDS)
        kind = "message" if self.r.random() < self.flavour.messages else self.r.choice(kinds)
        return _KINDS[kind](self)

    def _own(self) -> str:
        return f"step:{self.node_id}"

    def delay(self) -> Node:
        return Delay(self.node_id, self._own(), self.r.choice(SPANS))

    def until_local(self) -> Node:
        return UntilLocal(self.node_id, self._own(), self.r.choice(CLOCKS), self._weekdays())

    def _weekdays(self) -> int:
        return self.r.choice([0b1111111, 0b1111111, 0b0011111, 0b1000001, 1 << self.r.randint(0, 6)])

    def until_attribute(self) -> Node:
        return UntilAttribute(
            self.node_id,
            self._own(),
            self.r.choice(["since", "since", "city"]),
            self.r.choice([0, -HOUR, DAY]),
        )

    def window(self) -> Node:
        opens, closes = self.r.choice(
            [
                (9 * HOUR, 17 * HOUR),
                (22 * HOUR, 6 * HOUR),
                (0, DAY),
                (90 * MINUTE, 150 * MINUTE),
                (150 * MINUTE, 4 * HOUR),
            ]
        )
        return Window(self.node_id, self._own(), opens, closes, self._weekdays())

    def wait(self) -> Node:
        branches = [self._match() for _ in range(self.r.randint(1, 3))]
        return Wait(self.node_id, self._own(), tuple(map(WaitBranch, branches)), self.r.choice(SPANS))

    def _match(self) -> EventMatch:
        if self.messages and self.r.random() < max(0.3, self.flavour.feedback):
            return EventMatch("Email Opened", (), self.r.choice(self.messages).step_id)
        return random_match(self.r)

    def branch(self) -> Node:
        branches = [
            tuple(self._condition() for _ in range(self.r.choice([1, 1, 2])))
            for _ in range(self.r.randint(1, 3))
        ]
        return Branch(self.node_id, self._own(), tuple(branches))

    def _condition(self) -> Condition:
        r, yes = self.r, self.r.random() < 0.7
        if self.messages and self.flavour.feedback and r.random() < self.flavour.feedback:
            return EventCondition(self._match(), r.choice([None, *SPANS]), yes)
        drawn = [
            r.choice(ATTRIBUTES_ASKED),
            SegmentCondition(r.choice(SEGMENTS), yes),
            EventCondition(self._match(), r.choice([None, *SPANS]), yes),
            ScoreCondition(r.choice(SCORES), r.choice(["at_least", "less"]), 0.5),
        ]
        if self.messages:
            status = r.choice(["opened", "sent", "withheld"])
            drawn.append(MessageCondition(r.choice(self.messages).step_id, status, yes))
        return r.choice(drawn)

    def ranked(self) -> Node:
        operands = tuple(self.r.sample(_OPERANDS, self.r.randint(2, 4)))
        return Ranked(self.node_id, self._own(), operands)

    def split(self) -> Node:
        return Split(
            self.node_id, self._own(), self.r.choice([(2000, 8000), (5000, 5000), (3333, 3333, 3334)])
        )

    def experiment(self) -> Node:
        return Experiment(self.node_id, self._own(), f"ab_{self.node_id}", (5000, 5000), ("a", "b"))

    def effect(self) -> Node:
        return Effect(self.node_id, self._own(), "event", {"event": "Badge Given", "properties": {}})

    def message(self) -> Node:
        r = self.r
        is_transactional = r.random() < 0.15
        return Message(
            self.node_id,
            self._own(),
            template=f"t{r.randint(1, 2)}",
            channels=r.choice([("email",), ("sms",), ("email", "sms"), ("sms", "email")]),
            chosen_by=r.choice(["order", "order", "affinity"]),
            purpose="transactional" if is_transactional else "marketing",
            tags=tuple(each for each in TAGS if r.random() < 0.5),
            is_transactional=is_transactional,
            best_hour=r.random() < 0.2,
            best_within=r.choice([DAY, 3 * HOUR]),
            ignores_quiet_hours=r.random() < 0.1,
            parks=r.random() < self.flavour.parks,
        )


_OPERANDS: tuple[tuple[Literal["score", "attribute"], str], ...] = (
    ("score", "churn"),
    ("score", "value"),
    ("attribute", "level"),
    ("attribute", "city"),
)
_KINDS = {
    kind: getattr(_Drawing, kind)
    for kind in (
        *("delay", "until_local", "until_attribute", "window", "wait", "branch"),
        *("ranked", "split", "experiment", "effect", "message"),
    )
}


def with_kinds(flavour: Flavour, *kinds: str) -> Flavour:
    return replace(flavour, kinds=kinds)
