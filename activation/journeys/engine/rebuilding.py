"""The state out of the log: what follows from every commit up to one, for a cache that is missing, older or broken.

The relations of definitions (engine/definitions) are laid before: of every version that ever took anybody in. Where
somebody rests is known, when they leave isn't: `due` is NULL, and the next tick works it out anew.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from activation.journeys.engine.state import COLUMNS, TABLES, attach_state, hold
from kith.errors import KithError

_ENROLLED = """
    INSERT INTO state.enrolled
    SELECT CAST(e.enrolment_id AS UUID), g.journey, CAST(e.profile_id AS UUID), e.entry_key, epoch_us(e.entered_at)
    FROM lake_journeys_enrolments AS e
    JOIN (SELECT DISTINCT name, journey FROM graphs) AS g ON g.name = e.journey
    WHERE e.as_of <= make_timestamp({as_of})
"""

_ENDED = """
    INSERT INTO state.ended
    SELECT CAST(t.enrolment_id AS UUID), epoch_us(t.at)
    FROM lake_journeys_transitions AS t
    WHERE t.to_node_id = '' AND t.as_of <= make_timestamp({as_of})
"""

_POSITIONS = f"""
    -- One row per enrolment whose last move led to a node.
    INSERT INTO state.positions ({COLUMNS})
    SELECT l.enrolment, l.person, g.graph, n.node, l.at, e.entered, NULL AS due,
           CASE h.holdout WHEN '' THEN 0 WHEN 'journey' THEN 1 ELSE 2 END AS holdout,
           NULL AS message_at, 0 AS message_depth, l.ordinal
    FROM (
        SELECT CAST(enrolment_id AS UUID) AS enrolment, CAST(any_value(profile_id) AS UUID) AS person,
               any_value(journey) AS journey, arg_max(journey_version, depth) AS version,
               arg_max(to_node_id, depth) AS node_id, epoch_us(arg_max("at", depth)) AS at, max(depth) AS ordinal
        FROM lake_journeys_transitions
        WHERE as_of <= make_timestamp({{as_of}})
        GROUP BY enrolment_id
    ) AS l
    JOIN graphs AS g ON g.name = l.journey AND g.version = l.version
    JOIN nodes AS n ON n.graph = g.graph AND n.node_id = l.node_id
    JOIN state.enrolled AS e ON e.enrolment = l.enrolment
    JOIN lake_journeys_enrolments AS h ON CAST(h.enrolment_id AS UUID) = l.enrolment
    WHERE l.node_id <> ''
"""

_LAUNCHED = """
    INSERT INTO state.launched
    SELECT g.journey, epoch_us(l.at)
    FROM lake_journeys_launches AS l
    JOIN (SELECT DISTINCT name, journey FROM graphs) AS g ON g.name = l.journey
    WHERE l.as_of <= make_timestamp({as_of})
"""

_PLANNED = """
    -- One row per message of somebody who rests, of a step of which somebody asks later.
    INSERT INTO state.planned
    SELECT p.enrolment, t.step, CAST(o.message_id AS UUID),
           row_number() OVER (PARTITION BY p.enrolment ORDER BY o.decided_at) - 1000000 AS ordinal,
           CASE WHEN o.decision = 'send' OR o.reason IN ('budget', 'throttle') THEN 'sent' ELSE 'withheld' END
    FROM lake_journeys_outbox AS o
    JOIN state.positions AS p ON p.enrolment = CAST(o.enrolment_id AS UUID)
    JOIN steps AS t ON t.graph = p.graph AND t.step_id = o.step_id
    WHERE o.as_of <= make_timestamp({as_of})
"""


def rebuild_state(connection: duckdb.DuckDBPyConnection, as_of: int, commit_name: str) -> None:
    """Replaces the state by that of the log's rows up to `as_of` (microseconds)."""
    connection.execute("BEGIN")
    try:
        for table in TABLES:
            if table != "numbers":
                connection.execute(f"DELETE FROM state.{table}")
        for statement in (_ENROLLED, _ENDED, _LAUNCHED, _POSITIONS, _PLANNED):
            connection.execute(statement.format(as_of=as_of))
        hold(connection, as_of - 1, commit_name)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def open_state(connection: duckdb.DuckDBPyConnection, file: Path) -> str | None:
    """Attaches the cache; answers the commit that it holds, or None where it has to be rebuilt."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        attach_state(connection, file)
        found = connection.execute("SELECT commit_name FROM state.held").fetchall()
    except (
        duckdb.IOException,
        duckdb.SerializationException,
        duckdb.CatalogException,
        duckdb.InternalException,
    ) as error:
        if "Could not set lock" in str(error):
            raise KithError(
                "another process plans journeys",
                where=str(file),
                way_out="wait until it has ended, then run again",
            ) from error
        discard_state(connection, file)
        attach_state(connection, file)
        return None
    return found[0][0] if found else None


def discard_state(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """A broken cache goes: everything in it follows from the log."""
    connection.execute("DETACH DATABASE IF EXISTS state")
    for each in (file, file.with_name(f"{file.name}.wal")):
        each.unlink(missing_ok=True)
