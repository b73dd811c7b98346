"""What a kind of node tells the engine.

The engine keeps one relation of everybody who is on the way, and asks each kind for one SELECT over it:

    standing (enrolment UUID, person UUID, graph INTEGER, node INTEGER, "at" BIGINT, entered BIGINT, due BIGINT,
              holdout TINYINT, message_at BIGINT, message_depth INTEGER, ordinal INTEGER, exit_key BIGINT)
              one row per enrolment that has to be moved on. `at`: when it entered `node`. `due`: the time at which
              it leaves unless something happens before, where an earlier tick found it; NULL in a fresh place.

A kind answers every column of `standing` for each row that stands at one of its nodes, exactly once, and
    left_at BIGINT    when it is left, at `at` or later,
    label SMALLINT    by which edge (`label_code`),
    is_late BOOLEAN   whether an event that arrived late moved it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from activation.journeys.graph import Condition, EventMatch, Graph, Node

#: Numbers of labels: "1", "2", … are themselves; the words are below zero, so that a log row needs no text.
LABELS = {"next": 0, "timeout": -1, "else": -2, "missed": -3, "sent": -4, "dropped": -5}
GOAL, STOPPED, PLANNED, PARKED, ENTERED, MERGED = -6, -7, -8, -9, -10, -11
#: How the log tells them. A message is left by `next` as any other; within a tick PLANNED tells it apart.
WORDS = {
    **{number: word for word, number in LABELS.items()},
    GOAL: "goal",
    STOPPED: "stopped",
    PLANNED: "next",
    PARKED: "parked",
    ENTERED: "entered",
    MERGED: "merged",
}
#: Later than any instant.
NEVER = 1 << 60

#: Where the first of several events counts they come as one number, whose least is the answer: the instant times
#: this, and below it the number of the branch or rule and whether the event was late. It lasts until 2255.
KEY_STEP = 1024
NO_KEY = (1 << 63) - 1


class Codes(Protocol):
    """Numbers that stand for parts of definitions while a tick runs."""

    def match(self, match: EventMatch) -> int:
        """Of the rows of `hits` that this looks for."""
        ...

    def past_match(self, match: EventMatch) -> int:
        """Of the rows of `past_hits` that this looks for: events of any time."""
        ...

    def condition(self, condition: Condition) -> int:
        """Of a question, see activation/journeys/questions."""
        ...

    def step(self, graph: Graph, step_id: str) -> int:
        """Of a message step whose last message somebody asks about; such messages are kept in `planned`."""
        ...


@dataclass(frozen=True)
class Place:
    """A node under its number."""

    code: int
    graph: Graph
    node: Any
    codes: Codes


@dataclass(frozen=True)
class Relation:
    """A relation of definitions: its columns as SQL, its rows out of one node."""

    name: str
    columns: str
    rows: Callable[[Place], Iterable[tuple[Any, ...]]]


@dataclass(frozen=True)
class Move:
    """One kind of node: the relations that hold its nodes, and the SELECT that leaves them."""

    node: type[Node]
    relations: tuple[Relation, ...]
    leaving: str


def label_code(label: str) -> int:
    """The number of an edge's label."""
    return LABELS[label] if label in LABELS else int(label)
