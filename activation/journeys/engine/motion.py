"""Motion: in rounds, everybody who stands somewhere leaves, until all rest beyond the horizon, wait for a verdict
or have ended.

moved   (enrolment, person, graph, node, label, target, at, ordinal, is_late)     the log of this tick
resting the columns of positions                                                  who goes on in a later tick
parked  the columns of standing, message UUID                                     who waits for a verdict
pending (message, enrolment, person, node, at, decided_at, depth, holdout, priority, journey, step_id, waits)
                                                                                  messages that nobody has judged
"""

from __future__ import annotations

import duckdb

from activation.journeys.engine.definitions import Definitions
from activation.journeys.engine.state import COLUMNS, POSITIONS
from activation.journeys.moves.contract import GOAL, PARKED, PLANNED, STOPPED

_NAMES = COLUMNS.split(", ")

#: Up to the horizon, and at once for those whom an evaluation lets in at the end of the tick itself.
IS_DUE = "(left_at <= {until} OR (left_at = {until} + 1 AND entered = {until} + 1))"

_EMPTY = f"""
    CREATE OR REPLACE TEMP TABLE moved (enrolment UUID, person UUID, graph INTEGER, node INTEGER, label SMALLINT,
        target INTEGER, "at" BIGINT, ordinal INTEGER, is_late BOOLEAN);
    CREATE OR REPLACE TEMP TABLE resting ({POSITIONS});
    CREATE OR REPLACE TEMP TABLE parked ({POSITIONS}, exit_key BIGINT, message UUID);
    CREATE OR REPLACE TEMP TABLE pending (message UUID, enrolment UUID, person UUID, node INTEGER, "at" BIGINT,
        decided_at BIGINT, depth INTEGER, holdout TEXT, priority BIGINT, journey TEXT, step_id TEXT, waits BOOLEAN);
"""
_ARRIVING = """
    CREATE OR REPLACE TEMP VIEW arriving AS
    SELECT s.* FROM standing AS s SEMI JOIN planning_nodes AS n ON n.node = s.node
"""

#: An exit wins over the move at the same instant. Who leaves by the exit goes to 0, the way out.
_LEAVING = f"""
    -- One row per enrolment on the way: when it leaves its node, by which edge, and where to.
    CREATE OR REPLACE TEMP TABLE leaving AS
    SELECT {", ".join(f"l.{each}" for each in _NAMES)}, l.exit_key, l.left_at,
           l.label, CASE WHEN l.label IN ({GOAL}, {STOPPED}) THEN 0 ELSE e.target END AS target, l.is_late
    FROM (
        SELECT * REPLACE (
            least(left_at, exit_key // 1024) AS left_at,
            CASE WHEN exit_key // 1024 > left_at THEN label
                 WHEN exit_key // 2 % 2 = 1 THEN {STOPPED} ELSE {GOAL} END AS label,
            CASE WHEN exit_key // 1024 > left_at THEN is_late ELSE exit_key % 2 = 1 END AS is_late)
        FROM ({{kinds}})
    ) AS l
    LEFT JOIN edges AS e ON e.node = l.node AND e.label = l.label
"""

_REST = f"""
    INSERT INTO resting
    SELECT {", ".join("left_at AS due" if each == "due" else each for each in _NAMES)}
    FROM leaving
    WHERE NOT {IS_DUE}
"""

_LOG = f"""
    INSERT INTO moved
    SELECT enrolment, person, graph, node, label, target, left_at, ordinal + 1, is_late
    FROM leaving
    WHERE {IS_DUE} AND label <> {PARKED}
"""

_PLANNING = f"""
    -- One row per message whose decision falls due; its name is activation.contract.message_id.
    CREATE OR REPLACE TEMP TABLE planning AS
    SELECT CAST(md5(concat_ws(chr(31), n.journey, n.step_id, replace(CAST(l.enrolment AS TEXT), '-', ''),
               strftime(make_timestamp(l.at), '%Y-%m-%dT%H:%M:%S.%fZ'))) AS UUID) AS message,
           l.enrolment, l.person, l.node, l.at, l.left_at AS decided_at,
           CASE WHEN l.message_at = l.left_at THEN l.message_depth + 1 ELSE 0 END AS depth,
           ['', 'journey', 'global'][l.holdout + 1] AS holdout, n.priority, n.journey, n.step_id, n.waits,
           n.step, l.ordinal
    FROM leaving AS l
    JOIN planning_nodes AS n ON n.node = l.node
    WHERE {IS_DUE} AND l.label IN ({PLANNED}, {PARKED})
"""

_PENDING = "INSERT INTO pending SELECT * EXCLUDE (step, ordinal) FROM planning"

_REMEMBERED = """
    INSERT INTO planned
    SELECT enrolment, step, message, ordinal, NULL AS outcome FROM planning WHERE step IS NOT NULL
"""

_PARKED = f"""
    INSERT INTO parked
    SELECT {", ".join(f"l.{each}" for each in _NAMES)}, l.exit_key, m.message
    FROM leaving AS l
    JOIN planning AS m ON m.enrolment = l.enrolment AND m.waits
    WHERE l.label = {PARKED}
"""


def onward(relation: str, condition: str, label: str = "l.label") -> str:
    """SQL for `standing`: where those who left have come to, with nothing yet found out about it."""
    is_message = f"{label} IN ({PLANNED}, {PARKED})"
    depth = "CASE WHEN l.message_at = l.left_at THEN l.message_depth + 1 ELSE 0 END"
    fresh = {
        "node": "l.target AS node",
        '"at"': "l.left_at AS at",
        "due": "CAST(NULL AS BIGINT) AS due",
        "message_at": f"CASE WHEN {is_message} THEN l.left_at ELSE l.message_at END AS message_at",
        "message_depth": f"CASE WHEN {is_message} THEN {depth} ELSE l.message_depth END AS message_depth",
        "ordinal": "l.ordinal + 1 AS ordinal",
    }
    columns = ", ".join(fresh.get(each, f"l.{each}") for each in _NAMES)
    return f"""
    CREATE OR REPLACE TEMP TABLE standing AS
    SELECT {columns}, l.exit_key FROM {relation} AS l WHERE l.target <> 0 AND {condition}
"""


_NEXT = onward("leaving", f"{IS_DUE} AND l.label <> {PARKED}")


class LostError(RuntimeError):
    """Somebody on the way would have been left nowhere, or in two places: a fault of ours, so nothing is kept."""


def lay_empty(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes what the rounds fill."""
    connection.execute(_EMPTY)


class Motion:
    """The rounds of one tick. `timed`: the decisions' SQL over `arriving`."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, definitions: Definitions, until: int, timed: str
    ) -> None:
        self.connection, self.definitions, self.until = connection, definitions, until
        questions = (
            " UNION ALL ".join(definitions.questions[name].held for name in definitions.questions_asked)
            or "SELECT enrolment, condition FROM asked WHERE false"
        )
        self._kinds = {
            name: move.leaving.format(timed=timed, questions=questions)
            for name, move in definitions.moves.items()
        }

        connection.execute(_ARRIVING)

    def run(self) -> None:
        """Rounds until nobody stands."""
        while present := self._present():
            self._round(present)

    def _present(self) -> dict[str, int]:
        """How many stand at each kind of node."""
        found = self.connection.execute(
            "SELECT n.kind, count(*) FROM standing AS s JOIN nodes AS n ON n.node = s.node GROUP BY n.kind"
        )
        return dict(found.fetchall())

    def _round(self, present: dict[str, int]) -> None:
        kinds = " UNION ALL ".join(self._kinds[name] for name in sorted(present))
        self._execute(_LEAVING.format(kinds=kinds))
        self._check(sum(present.values()))
        self._execute(_REST, _LOG)
        if "message" in present:
            self._execute(_PLANNING, _PENDING, _REMEMBERED, _PARKED)
        self._execute(_NEXT)

    def _check(self, expected: int) -> None:
        sql = 'SELECT count(*), count(target) FROM leaving WHERE left_at >= "at"'
        rows, led = self.connection.execute(sql).fetchall()[0]
        parked = self.connection.execute(f"SELECT count(*) FROM leaving WHERE label = {PARKED}").fetchall()[
            0
        ][0]
        if rows != expected or led + parked != rows:
            raise LostError(
                f"{expected} enrolments stood somewhere, {rows} left, {led + parked} of them somewhere"
            )

    def _execute(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(
                statement.format(until=self.until) if "{until}" in statement else statement
            )
