"""The engine driven over a world, tick by tick, with nothing but what is known to each."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import duckdb

from activation.journeys.deciding import open_decisions
from activation.journeys.deciding.holdout import holdout_sql
from activation.journeys.engine import Tick
from activation.journeys.engine.state import attach_state
from activation.journeys.graph import Message
from activation.journeys.moves.contract import WORDS
from tests.journeys_reference import wall_clock
from tests.journeys_reference.enrolment import as_datetime
from tests.journeys_reference.interpreter import History
from tests.journeys_reference.policies import policy_of
from tests.journeys_reference.relations import lay_tick, lay_world
from tests.journeys_reference.world import FOREVER, HOUR, Send, Transition, Verdict, World

Wrap = Callable[[Any], Any]

_MOVED = """
    SELECT replace(CAST(m.enrolment AS TEXT), '-', ''), m.at, coalesce(n.node_id, ''), m.label,
           coalesce(t.node_id, ''), m.is_late
    FROM moved AS m
    LEFT JOIN nodes AS n ON n.node = m.node
    LEFT JOIN nodes AS t ON t.node = m.target
"""
_DECIDED = """
    SELECT message_id, profile_id, journey, step_id, epoch_us(decided_at), channel, reason,
           CASE reason WHEN 'frequency_cap' THEN reason_detail ELSE '' END, is_eligible
    FROM outbox
"""


class Killed(Exception):
    """A tick that ended at one of its statements."""


class Fragile:
    """A connection that dies at its n-th statement from now; -1 is never."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, statements: int) -> None:
        self._connection, self._left = connection, statements

    def execute(self, *arguments: Any) -> Any:
        if self._left == 0:
            raise Killed
        self._left -= 1
        return self._connection.execute(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Drive:
    """One world on one engine: `tick` to each horizon in turn, then `history`.

    `wrap` is done to the connection that the engine is given. `hasty` ticks decide up to the clock, before what is late
    by no more than the lateness window has landed: the mistake against which there is a window.
    """

    def __init__(
        self, world: World, wrap: Wrap = lambda connection: connection, *, hasty: bool = False
    ) -> None:
        self.wrap, self.hasty = wrap, hasty
        self.world, self.policy = world, policy_of(world.rules)
        self.begin = world.start
        self.transitions: list[Transition] = []
        self.verdicts: list[Verdict] = []
        self.sends: list[tuple[str, Send]] = []
        self.connection = duckdb.connect(config={"threads": 1})
        attach_state(self.connection)
        lay_world(self.connection, world)

    def tick(self, end: int, statements: int = -1) -> None:
        """Everything in [begin, end); dies at the given statement with nothing kept."""
        lay_tick(self.connection, self.begin, end, self.sends, landed=end if self.hasty else FOREVER)
        self.sends = []
        connection: Any = self.wrap(Fragile(self.connection, statements))
        tick = Tick(
            connection,
            [(graph, True) for graph in self.world.graphs],
            self.begin - 1,
            end - 1,
            lambda nodes: open_decisions(connection, nodes, self.policy, end - 1),
            holdout_sql("p.profile_id", "g.name", "g.holdout", self.policy.holdout),
        )
        deciding = tick.run()
        deciding.close(as_datetime(end))
        tick.keep()
        self._collect()
        self.begin = end

    def recover(self) -> None:
        """What a new process would find: nothing of a transaction that wasn't ended."""
        with contextlib.suppress(duckdb.TransactionException):
            self.connection.execute("ROLLBACK")

    def _collect(self) -> None:
        for enrolment, at, node, label, to, is_late in self.connection.execute(_MOVED).fetchall():
            word = WORDS.get(label, str(label))
            self.transitions.append(Transition(enrolment, at, node, word, to, is_late))
        verdicts = [Verdict(*row) for row in self.connection.execute(_DECIDED).fetchall()]
        self.verdicts += verdicts
        self.sends += [send for each in verdicts if not each.reason for send in self._places(each)]

    def _places(self, verdict: Verdict) -> Iterable[tuple[str, Send]]:
        """The place under the caps that a send took."""
        graph = next(each for each in self.world.graphs if each.journey == verdict.journey)
        node = next(each for each in graph.nodes if each.step_id == verdict.step_id)
        assert isinstance(node, Message)
        if not node.is_transactional:
            zone = next(each.zone for each in self.world.people if each.profile_id == verdict.profile_id)
            day = wall_clock.local_day(verdict.decided_at, zone)
            yield verdict.profile_id, Send(verdict.channel, node.purpose, node.tags, verdict.decided_at, day)

    def history(self) -> History:
        return sorted(self.transitions), sorted(self.verdicts)


def once(world: World) -> list[int]:
    return [world.end]


def regularly(world: World, every: int = 12 * HOUR) -> list[int]:
    return [*range(world.start + every, world.end, every), world.end]


def at_random(world: World, r: Random, most: int = 12) -> list[int]:
    ends = sorted({r.randrange(world.start + 1, world.end) for _ in range(r.randint(1, most))})
    return [*ends, world.end]


def run(world: World, ends: Iterable[int], kills: Random | None = None) -> History:
    """The engine's history; with `kills` every second tick or so is killed first, at a random statement."""
    drive = Drive(world)
    for end in ends:
        if kills and kills.random() < 0.5:
            try:
                drive.tick(end, kills.randint(0, 120))
                continue
            except Killed:
                drive.recover()
        drive.tick(end)
    return drive.history()
