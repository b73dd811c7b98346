"""Turns: which messages can be judged now, and what becomes of those who waited for it.

A message whose next step depends on the outcome parks; nothing that is still unknown can sort before a person's
first parked one, so everything up to and including it is judged at once, and the others in a later pass.
"""

from __future__ import annotations

import duckdb

from activation.journeys.deciding.contract import Deciding
from activation.journeys.engine.motion import onward
from activation.journeys.engine.state import COLUMNS
from activation.journeys.moves.contract import LABELS, PARKED, PLANNED

_NEWCOMERS = """
    CREATE OR REPLACE TEMP TABLE newcomers AS
    SELECT p.message, p.enrolment, p.person, p.node, p.at, p.decided_at, p.depth, p.holdout
    FROM pending AS p
    ANTI JOIN judged AS j ON j.message = p.message
"""

_READY = """
    -- One row per message whose turn it is.
    CREATE OR REPLACE TEMP TABLE ready AS
    SELECT p.message FROM pending AS p ANTI JOIN pending AS w ON w.person = p.person AND w.waits
    UNION ALL
    SELECT o.message
    FROM (
        SELECT p.message, coalesce(sum(CASE WHEN p.waits THEN 1 ELSE 0 END) OVER (
                   PARTITION BY p.person
                   ORDER BY p.decided_at, p.depth, p.priority, p.journey, p.step_id, p.enrolment
                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS waiting_before
        FROM pending AS p
        SEMI JOIN pending AS w ON w.person = p.person AND w.waits
    ) AS o
    WHERE o.waiting_before = 0
"""

_FREED = f"""
    -- One row per enrolment whose message has been judged: it goes on at the decision time.
    CREATE OR REPLACE TEMP TABLE freed AS
    SELECT {", ".join(f"p.{each}" for each in COLUMNS.split(", "))}, p.exit_key, m.decided_at AS left_at,
           l.label, e.target, false AS is_late
    FROM parked AS p
    JOIN verdicts AS v ON v.message = p.message
    JOIN pending AS m ON m.message = p.message
    JOIN planning_nodes AS n ON n.node = p.node
    JOIN (VALUES (true, true, {LABELS["sent"]}), (true, false, {LABELS["dropped"]}), (false, true, {PLANNED}),
                 (false, false, {PLANNED})) AS l(parks, is_sent, label)
      ON l.parks = n.parks AND l.is_sent = (v.reason = '')
    JOIN edges AS e ON e.node = p.node AND e.label = l.label
"""

_OUTCOMES = """
    CREATE OR REPLACE TEMP TABLE planned AS
    SELECT p.enrolment, p.step, p.message, p.ordinal,
           CASE WHEN v.message IS NULL THEN p.outcome WHEN v.reason = '' THEN 'sent' ELSE 'withheld' END AS outcome
    FROM planned AS p
    LEFT JOIN verdicts AS v ON v.message = p.message
"""

_LOG = """
    INSERT INTO moved
    SELECT enrolment, person, graph, node, label, target, left_at, ordinal + 1, is_late FROM freed
"""

_STANDING = onward("freed", "true", label=str(PARKED))
_DONE = (
    """
    CREATE OR REPLACE TEMP TABLE parked AS
    SELECT p.* FROM parked AS p ANTI JOIN freed AS f ON f.enrolment = p.enrolment
    """,
    """
    CREATE OR REPLACE TEMP TABLE pending AS
    SELECT p.* FROM pending AS p ANTI JOIN ready AS r ON r.message = p.message
    """,
)


def take_turns(connection: duckdb.DuckDBPyConnection, deciding: Deciding) -> bool:
    """Judges all whose turn it is, and fills `standing` with those who go on; answers whether there was anything."""
    if not connection.execute("SELECT count(*) FROM pending").fetchall()[0][0]:
        return False
    connection.execute(_NEWCOMERS)
    deciding.judge("FROM newcomers")
    connection.execute(_READY)
    deciding.fold("FROM ready")
    for statement in (_FREED, _OUTCOMES, _LOG, _STANDING, *_DONE):
        connection.execute(statement)
    return True
