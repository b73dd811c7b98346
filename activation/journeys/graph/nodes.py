"""The kinds of nodes. `at` below is the exact time at which an enrolment entered the node.

A node is left at a time that follows from `at` and the log alone, by an edge with one of its labels. The
file activation/journeys/steps/<kind>.py of each kind holds its grammar, its compilation and its statement.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from activation.journeys.graph.conditions import Condition, EventMatch

DAY = 86_400_000_000
EVERY_DAY = 0b1111111


@dataclass(frozen=True)
class Node:
    """`node_id` is unique in its version; `step_id` names the step of the file, the same in every lap of a loop."""

    kind: ClassVar[str] = ""
    node_id: str
    step_id: str

    def labels(self) -> tuple[str, ...]:
        """The edges by which it can be left."""
        return ("next",)


@dataclass(frozen=True)
class Delay(Node):
    """Left at at + span."""

    kind: ClassVar[str] = "delay"
    span: int = 0


@dataclass(frozen=True)
class UntilLocal(Node):
    """Left at the first instant strictly after `at` whose wall clock in the person's zone shows `time_of_day`
    (microseconds since midnight) on one of `weekdays` (bit 0 is Monday).

    A wall time in a gap is read with the offset before it; an ambiguous one is its first occurrence after `at`.
    """

    kind: ClassVar[str] = "until_local"
    time_of_day: int = 0
    weekdays: int = EVERY_DAY


@dataclass(frozen=True)
class UntilAttribute(Node):
    """Left by `next` at the instant that the attribute holds at `at`, plus `offset` (which may be negative).

    Left by `missed` at once (at `at`) where the person has no such instant, or it lies at or before `at`. A date
    without a time is its midnight in the person's zone.
    """

    kind: ClassVar[str] = "until_attribute"
    attribute: str = ""
    offset: int = 0

    def labels(self) -> tuple[str, ...]:
        return ("next", "missed")


@dataclass(frozen=True)
class Window(Node):
    """Left at the first instant at or after `at` whose wall clock lies in [opens, closes) on one of `weekdays`;
    with opens > closes the window runs over midnight and belongs to the weekday on which it opened."""

    kind: ClassVar[str] = "window"
    opens: int = 0
    closes: int = DAY
    weekdays: int = EVERY_DAY


@dataclass(frozen=True)
class WaitBranch:
    """One thing that a wait listens for."""

    match: EventMatch


@dataclass(frozen=True)
class Wait(Node):
    """Left at the first event in (at, at + timeout] that matches a branch, by the label of that branch's number
    from "1" on (at one instant the lowest number wins), else by `timeout` at at + timeout."""

    kind: ClassVar[str] = "wait"
    branches: tuple[WaitBranch, ...] = ()
    timeout: int = 0

    def labels(self) -> tuple[str, ...]:
        return (*(str(number) for number, _ in enumerate(self.branches, 1)), "timeout")


@dataclass(frozen=True)
class Branch(Node):
    """Left at `at` by the number of the first branch all of whose conditions hold, else by `else`."""

    kind: ClassVar[str] = "branch"
    branches: tuple[tuple[Condition, ...], ...] = ()

    def labels(self) -> tuple[str, ...]:
        return (*(str(number) for number, _ in enumerate(self.branches, 1)), "else")


@dataclass(frozen=True)
class Ranked(Node):
    """Left at `at` by the number of the branch whose operand is the greatest (ties: the lowest number), else by
    `else` where the person has none of the values. An operand is ("score", model) or ("attribute", name)."""

    kind: ClassVar[str] = "ranked"
    operands: tuple[tuple[Literal["score", "attribute"], str], ...] = ()

    def labels(self) -> tuple[str, ...]:
        return (*(str(number) for number, _ in enumerate(self.operands, 1)), "else")


@dataclass(frozen=True)
class Split(Node):
    """Left at `at` by the number of the share into which the draw falls; `shares` are parts of 10,000 that sum to
    it. The draw is kith.ids.share(enrolment_id, "split:<journey>:<node_id>") * 10,000, compared with their sums."""

    kind: ClassVar[str] = "split"
    shares: tuple[int, ...] = ()

    def labels(self) -> tuple[str, ...]:
        return tuple(str(number) for number, _ in enumerate(self.shares, 1))


@dataclass(frozen=True)
class Contest:
    """By what the winner among variants is told: the share of people with the event `goal` within `within` of first
    meeting their variant. Proved with a confidence of so many parts in 10,000 once each variant has `fewest` people;
    `decided_after` the first of them came, the best so far takes it (0: never without proof)."""

    goal: str
    within: int
    confidence: int = 9_500
    fewest: int = 100
    decided_after: int = 0


@dataclass(frozen=True)
class Experiment(Node):
    """As a split, but drawn by kith.ids.share(profile_id, "experiment:<experiment>"), so that a person always meets
    the same variant, until a winner is in force at `at`: then everybody takes the winner's number.

    A winner is a row of lake/measurement's `winners` for (journey, step_id), in force from its own instant; without a
    contest nobody names one. A variant without a name is no part of it.
    """

    kind: ClassVar[str] = "experiment"
    experiment: str = ""
    shares: tuple[int, ...] = ()
    variants: tuple[str, ...] = ()
    contest: Contest | None = None

    def labels(self) -> tuple[str, ...]:
        return tuple(str(number) for number, _ in enumerate(self.shares, 1))


@dataclass(frozen=True)
class Effect(Node):
    """Left at `at`; what it causes is a row of the tick's `effects` under the name stable_id(journey, step,
    enrolment, at), and comes back as an event later than the horizon.

    `what`: `event` (payload: event, properties), `traits` (payload: traits), `audience` (payload: audience, change).
    """

    kind: ClassVar[str] = "effect"
    what: Literal["event", "traits", "audience"] = "event"
    payload: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Message(Node):
    """Plans one message. The decision time is quiet(slot(sto(at))): send-time optimisation, then the slot, then
    the person's quiet hours; transactional messages are moved by none of them.

    With `best_hour`: of the person's hours, best first, the first that has begun at `at` (then at once) or begins
    within `best_within` of their wall clock (then at its full hour); at once where nobody knows their hours.

    With `ignores_quiet_hours` quiet hours don't move it. `rate` (`500 per 1h`) is the throttle that it shares with
    the messages that bear the same tag `throttle:…`.

    Left at the decision time: by `next`, or, where the path depends on the outcome (`parks`), by `sent` or
    `dropped` once the gates have judged. `channels` in order: the first that consent, suppression, reachability and
    the template's variables let through is the one that caps then judge.
    """

    kind: ClassVar[str] = "message"
    template: str = ""
    channels: tuple[str, ...] = ()
    chosen_by: Literal["order", "affinity"] = "order"
    purpose: str = "marketing"
    tags: tuple[str, ...] = ()
    expires_after: int = 2 * DAY
    is_transactional: bool = False
    best_hour: bool = False
    best_within: int = DAY
    ignores_quiet_hours: bool = False
    rate: str = ""
    parks: bool = False

    def labels(self) -> tuple[str, ...]:
        return ("sent", "dropped") if self.parks else ("next",)
