"""Who has to be moved on in this tick: whose time has come, and whom an event of the slice reaches."""

from __future__ import annotations

import duckdb

from activation.journeys.engine.state import COLUMNS
from activation.journeys.moves.contract import MERGED, NO_KEY

_NAMES = COLUMNS.split(", ")

#: The state is read under the ids that people have now; who never was another is read as it is.
_NOW = """
    CREATE OR REPLACE TEMP VIEW {relation}_now AS
    SELECT s.* {present} FROM state.{relation} AS s {aliases}
"""
_PRESENT = {
    "present": "REPLACE (coalesce(a.person, s.person) AS person)",
    "aliases": "LEFT JOIN (SELECT alias, any_value(person) AS person FROM facts_aliases GROUP BY alias) AS a "
    "ON a.alias = s.person",
}

_WOKEN = f"""
    -- One row per enrolment that something reaches before its time: an exit, a stop of the journey, or an event
    -- that it waits for. Feedback on whichever message: to wake somebody for nothing is harmless.
    CREATE OR REPLACE TEMP TABLE woken AS
    SELECT enrolment, min(exit_key) AS exit_key
    FROM (
        SELECT p.enrolment, e.exit_key
        FROM positions_now AS p
        JOIN exits AS e ON e.graph = p.graph AND e.person = p.person
        WHERE e."key" IS NULL AND e.exit_key // 1024 > p.entered
        UNION ALL
        SELECT p.enrolment, e.exit_key
        FROM positions_now AS p
        JOIN exits AS e ON e.graph = p.graph AND e.person = p.person
        JOIN state.enrolled AS n ON n.enrolment = p.enrolment AND n."key" = e."key"
        WHERE e."key" IS NOT NULL AND e.exit_key // 1024 > p.entered
        UNION ALL
        SELECT p.enrolment, e.exit_key
        FROM positions_now AS p
        JOIN stops AS e ON e.graph = p.graph
        WHERE e.exit_key // 1024 > p.entered
        UNION ALL
        SELECT p.enrolment, {NO_KEY} AS exit_key
        FROM positions_now AS p
        JOIN wait_branches AS b ON b.node = p.node
        JOIN hits AS h ON h.match = b.match AND h.person = p.person
        WHERE h.at > p.at AND h.at <= p.at + b.timeout
    )
    GROUP BY enrolment
"""

_STANDING = f"""
    CREATE OR REPLACE TEMP TABLE standing AS
    SELECT {", ".join(f"p.{each}" for each in _NAMES)}, coalesce(w.exit_key, {NO_KEY}) AS exit_key
    FROM positions_now AS p
    LEFT JOIN woken AS w ON w.enrolment = p.enrolment
    WHERE (p.due IS NULL OR p.due <= {{until}} OR w.enrolment IS NOT NULL) AND p.node IN (SELECT node FROM nodes)
"""

#: Of two enrolments of one person, journey and key, which the person had under two ids, the older goes on.
_MERGED = """
    CREATE OR REPLACE TEMP TABLE merged AS
    SELECT p.* EXCLUDE (place)
    FROM (
        SELECT p.*, row_number() OVER (
            PARTITION BY e.journey, p.person, e."key" ORDER BY e.entered, e.enrolment) AS place
        FROM positions_now AS p
        JOIN state.enrolled AS e ON e.enrolment = p.enrolment
        WHERE p.person IN (SELECT person FROM facts_aliases) AND p.node IN (SELECT node FROM nodes)
    ) AS p
    WHERE p.place > 1
"""
_MERGE = (
    f"""
    INSERT INTO moved
    SELECT enrolment, person, graph, node, {MERGED} AS label, 0 AS target, {{until}} + 1 AS at, ordinal + 1,
           false AS is_late
    FROM merged
    """,
    f"INSERT INTO woken SELECT m.enrolment, {NO_KEY} FROM merged AS m ANTI JOIN woken AS w ON w.enrolment = m.enrolment",
    "DELETE FROM standing WHERE enrolment IN (SELECT enrolment FROM merged)",
)

_PLANNED = """
    -- One row per message that somebody who is on the way was planned, if it is ever asked about.
    CREATE OR REPLACE TEMP TABLE planned AS
    SELECT p.* FROM state.planned AS p SEMI JOIN standing AS s ON s.enrolment = p.enrolment
"""

#: The message that each enrolment planned last at each step.
_PLANNED_LAST = """
    CREATE OR REPLACE TEMP VIEW planned_last AS
    SELECT enrolment, step, arg_max(message, ordinal) AS message, arg_max(outcome, ordinal) AS outcome
    FROM planned
    GROUP BY enrolment, step
"""


def wake(connection: duckdb.DuckDBPyConnection, until: int) -> None:
    """Fills `standing` with all whom this tick has to look at, and ends what a merge of people made double."""
    has_aliases = connection.execute("SELECT count(*) FROM facts_aliases").fetchall()[0][0] > 0
    present = _PRESENT if has_aliases else {"present": "", "aliases": ""}
    for relation in ("positions", "enrolled"):
        connection.execute(_NOW.format(relation=relation, **present))
    connection.execute(_WOKEN)
    connection.execute(_STANDING.format(until=until))
    if has_aliases:
        connection.execute(_MERGED)
        for statement in _MERGE:
            connection.execute(statement.format(until=until))
    connection.execute(_PLANNED)
    connection.execute(_PLANNED_LAST)
