"""One person at a time, one instant after another: what a journey means, written from its rules alone.

At each instant, in this order: everything that moves moves, chains included; who is triggered enters and moves; the
first candidate in the order of decisions is judged, which may set a parked enrolment free at that same instant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from activation.contract import message_id
from activation.journeys.graph import EXIT, Graph, Message, SegmentCondition
from tests.journeys_reference import wall_clock
from tests.journeys_reference.enrolment import ENTERED, Enrolment, Leave, as_datetime
from tests.journeys_reference.entering import triggers
from tests.journeys_reference.judgement import choose, full_limits, holdout
from tests.journeys_reference.passage import leaves
from tests.journeys_reference.questions import first_change, first_event, text_of
from tests.journeys_reference.world import FOREVER, Person, Send, Transition, Verdict, World

Rank = tuple[int, int, int, str, str, str]


@dataclass(frozen=True)
class Candidate:
    """A message whose turn to be judged is to come, in the order of its rank."""

    rank: Rank
    message: str
    node: Message
    enrolment: Enrolment


@dataclass(frozen=True)
class Past:
    """The last instance of a (journey, key): when it was entered and when it ended."""

    entered_at: int
    ended_at: int


History = tuple[list[Transition], list[Verdict]]


def histories(world: World, people: Iterable[Person] | None = None) -> History:
    """Everything that happens to everybody up to and with the last microsecond before `world.end`."""
    transitions: list[Transition] = []
    verdicts: list[Verdict] = []
    for person in world.people if people is None else people:
        life = Life(person, world)
        life.live()
        transitions += life.transitions
        verdicts += life.verdicts
    return sorted(transitions), sorted(verdicts)


class Life:
    """One person's way through all journeys."""

    def __init__(self, person: Person, world: World) -> None:
        self.person, self.world, self.horizon = person, world, world.end - 1
        self.transitions: list[Transition] = []
        self.verdicts: list[Verdict] = []
        self.sends = list(person.past_sends)
        self.active: list[Enrolment] = []
        self.past: dict[tuple[str, str], Past] = {}
        self.candidates: list[Candidate] = []
        self.pending = sorted(
            (at, graph.journey, key, number, is_late)
            for number, graph in enumerate(world.graphs)
            for at, key, is_late in triggers(graph, person, world)
        )

    def live(self) -> None:
        while (instant := self._next_instant()) is not None:
            self._move_all(instant)
            while self.pending and self.pending[0][0] == instant:
                _, _, key, number, is_late = self.pending.pop(0)
                self._enter(self.world.graphs[number], key, instant, is_late)
                self._move_all(instant)
            due = [each for each in self.candidates if each.rank[0] == instant]
            if due:
                self._judge(min(due, key=lambda each: each.rank))

    def _next_instant(self) -> int | None:
        times = [self._leaves(each).at for each in self.active if not each.is_parked]
        times += [each.rank[0] for each in self.candidates]
        times += [each[0] for each in self.pending[:1]]
        instant = min(times, default=FOREVER)
        return instant if instant <= self.horizon else None

    def _leaves(self, enrolment: Enrolment) -> Leave:
        found = leaves(enrolment.node, self.person, enrolment, self.world)
        return enrolment.exit if enrolment.exit.at <= found.at else found

    def _move_all(self, instant: int) -> None:
        while moving := [e for e in self.active if not e.is_parked and self._leaves(e).at == instant]:
            for enrolment in moving:
                leave = self._leaves(enrolment)
                if leave.label == "message":
                    self._plan(enrolment, instant)
                else:
                    self._move(enrolment, leave)

    def _move(self, enrolment: Enrolment, leave: Leave) -> None:
        to = EXIT if leave.label == enrolment.exit.label else enrolment.leads_to(leave.label)
        row = (enrolment.enrolment_id, leave.at, enrolment.node_id, leave.label, to, leave.is_late)
        self.transitions.append(Transition(*row))
        enrolment.node_id, enrolment.at = to, leave.at
        if to == EXIT:
            self._end(enrolment, leave.at)

    def _end(self, enrolment: Enrolment, instant: int) -> None:
        self.active.remove(enrolment)
        self.past[enrolment.graph.journey, enrolment.key] = Past(enrolment.entered_at, instant)

    def _enter(self, graph: Graph, key: str, instant: int, is_late: bool) -> None:
        if not self._may_enter(graph, key, instant):
            return
        exit_ = self._exit(graph, key, instant)
        enrolment = Enrolment(graph, self.person.profile_id, key, instant, graph.first, instant, exit_)
        self.active.append(enrolment)
        self.transitions.append(
            Transition(enrolment.enrolment_id, instant, "", ENTERED, graph.first, is_late)
        )
        if graph.first == EXIT:
            self._end(enrolment, instant)

    def _may_enter(self, graph: Graph, key: str, instant: int) -> bool:
        if any(each.graph.journey == graph.journey and each.key == key for each in self.active):
            return False
        last = self.past.get((graph.journey, key))
        if last is None:
            return True
        if last.ended_at >= instant or graph.reentry.rule == "once":
            return False
        return graph.reentry.rule == "always" or instant >= last.entered_at + graph.reentry.after

    def _exit(self, graph: Graph, key: str, entered_at: int) -> Leave:
        """The first goal or stop after the entry; of two at one instant the one that is written first. A rule with a
        key is about events that bear the enrolment's own."""
        found = [(FOREVER, len(graph.exits), False, "")]
        for number, rule in enumerate(graph.exits):
            if isinstance(rule.when, SegmentCondition):
                at = first_change(
                    self.person, rule.when.segment, entered=rule.when.is_member, after=entered_at
                )
                hit = None if at is None else (at, number, False)
            else:
                about = replace(
                    self.person,
                    events=tuple(
                        each
                        for each in self.person.events
                        if not rule.key or (text_of(each.properties.get(rule.key)) or "") == key
                    ),
                )
                hit = first_event(about, [rule.when], None, entered_at, FOREVER)
            if hit is not None:
                found.append((hit[0], number, hit[2], "goal" if rule.is_goal else "stopped"))
        at, _, is_late, label = min(found)
        return Leave(at, label, is_late)

    def _plan(self, enrolment: Enrolment, instant: int) -> None:
        node = enrolment.node
        assert isinstance(node, Message)
        graph = enrolment.graph
        enrolment.depth = enrolment.depth + 1 if enrolment.decided_at == instant else 0
        enrolment.decided_at = instant
        message = message_id(graph.journey, node.step_id, enrolment.enrolment_id, as_datetime(enrolment.at))
        enrolment.planned[node.step_id] = message
        rank = (instant, enrolment.depth, graph.priority, graph.journey, node.step_id, enrolment.enrolment_id)
        self.candidates.append(Candidate(rank, message, node, enrolment))
        if node.parks or enrolment.asks_outcome_of(node.step_id):
            enrolment.is_parked = True
        else:
            self._move(enrolment, Leave(instant, "next"))

    def _judge(self, candidate: Candidate) -> None:
        self.candidates.remove(candidate)
        enrolment, node, at = candidate.enrolment, candidate.node, candidate.rank[0]
        channel, reason, detail, is_eligible = self._decide(enrolment.graph, node, at)
        named = (candidate.message, self.person.profile_id, enrolment.graph.journey, node.step_id, at)
        self.verdicts.append(Verdict(*named, channel, reason, detail, is_eligible))
        enrolment.outcomes[candidate.message] = "withheld" if reason else "sent"
        if enrolment.is_parked and enrolment.node_id == node.node_id:
            enrolment.is_parked = False
            outcome = "dropped" if reason else "sent"
            self._move(enrolment, Leave(at, outcome if node.parks else "next"))

    def _decide(self, graph: Graph, node: Message, at: int) -> tuple[str, str, str, bool]:
        """(channel, reason, detail, whether everything but a holdout lets it through)."""
        held = "" if node.is_transactional else holdout(graph, self.person, self.world.rules)
        channel, reason = choose(node, self.person, at, self.world)
        detail, day = "", wall_clock.local_day(at, self.person.zone)
        full = next(full_limits(node, graph, channel, at, day, self.sends, self.world.rules), "")
        if full and not reason:
            reason, detail = "frequency_cap", full
        if held:
            return channel, "holdout", "", not reason
        if not reason and not node.is_transactional:
            self.sends.append(Send(channel, node.purpose, node.tags, at, day))
        return channel, reason, detail, not reason
