"""One tick: everything that follows from the log up to a horizon and isn't in the journeys' log yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from activation.journeys.deciding.contract import Deciding, MessageNode
from activation.journeys.engine.definitions import Definitions
from activation.journeys.engine.entries import Entries
from activation.journeys.engine.motion import Motion, lay_empty
from activation.journeys.engine.numbers import Numbers
from activation.journeys.engine.rows import insert
from activation.journeys.engine.slice import lay_slice
from activation.journeys.engine.state import keep_state
from activation.journeys.engine.turns import take_turns
from activation.journeys.engine.waking import wake
from activation.journeys.graph import Graph, Message

#: Makes the decisions of a tick out of its message nodes.
OpenDeciding = Callable[[Sequence[MessageNode]], Deciding]
#: SQL of an entrant's holdout over p.profile_id, g.name and g.holdout.
NOBODY_HELD = "''"


@dataclass(frozen=True)
class Controls:
    """What people told running journeys: (journey, instant) of stops, (journey, from, to) in which nobody enters."""

    stops: tuple[tuple[str, int], ...] = ()
    closed: tuple[tuple[str, int, int], ...] = ()


class Tick:
    """A tick over (since, until], both in microseconds.

    Before: the facts (activation/journeys/history) are laid on the connection and the state is attached. After
    `run`: `moved`, `entered`, `resting` and, once the decisions are closed, `outbox`. `keep` then takes the state on.
    `graphs`: every version that has people in it, and whether it takes entries. `evaluated`: the span of evaluations
    and schedules, where it isn't the tick's own. A live run takes those of its very instant, `until` + 1, along: who
    comes in by them passes everything that takes no time at once.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        graphs: Sequence[tuple[Graph, bool]],
        since: int,
        until: int,
        open_deciding: OpenDeciding,
        holdout: str = NOBODY_HELD,
        evaluated: tuple[int, int] | None = None,
        controls: Controls | None = None,
    ) -> None:
        self.connection, self.since, self.until = connection, since, until
        self.numbers = Numbers(connection)
        self.definitions = Definitions(graphs, self.numbers)
        self._open, self._holdout, self._controls = open_deciding, holdout, controls or Controls()
        self._evaluated = evaluated or (since, until)

    def run(self) -> Deciding:
        """Moves, lets in and judges until nothing is left; answers the decisions, which are yet to be closed."""
        connection = self.connection
        self.definitions.lay(connection)
        _lay_controls(connection, self._controls)
        lay_slice(connection, self.since, self.until)
        lay_empty(connection)
        wake(connection, self.until)
        deciding = self._open(self._message_nodes())
        motion = Motion(connection, self.definitions, self.until, deciding.timed("FROM arriving"))
        entries = Entries(connection, self._evaluated, self._holdout)
        motion.run()
        while entries.let_in() or take_turns(connection, deciding):
            motion.run()
        return deciding

    def keep(self, commit_name: str = "") -> None:
        """The state as of `until`, which the log holds as of that commit."""
        self.numbers.keep(self.connection)
        keep_state(self.connection, self.until, commit_name)

    def _message_nodes(self) -> list[MessageNode]:
        places = self.definitions.places
        return [
            MessageNode(each.code, each.graph, each.node) for each in places if isinstance(each.node, Message)
        ]


def _lay_controls(connection: duckdb.DuckDBPyConnection, controls: Controls) -> None:
    connection.execute('CREATE OR REPLACE TEMP TABLE stopped (journey TEXT, "at" BIGINT)')
    connection.execute("CREATE OR REPLACE TEMP TABLE closed (journey TEXT, from_at BIGINT, to_at BIGINT)")
    insert(connection, "stopped", controls.stops)
    insert(connection, "closed", controls.closed)
