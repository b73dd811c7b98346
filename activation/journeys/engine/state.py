"""Where everybody stands: a cache of what follows from the log, and the numbers that it is written in.

positions (enrolment, person, graph, node, at, entered, due, holdout, message_at, message_depth, ordinal)
          one row per enrolment that is in a node; `due`: when it leaves unless something happens before
enrolled  (enrolment, journey, person, key, entered)      one row per enrolment that ever was
ended     (enrolment, at)                                 one row per enrolment that has ended
launched  (journey, at)                                   one row per launch, also of one that let nobody in
planned   (enrolment, step, message, ordinal, outcome)    messages of steps of which somebody asks later
held      (commit_name, horizon)                          one row: up to which commit of the log this goes, with
                                                          the mark of the log as it lay there then (horizon.log_mark)
"""

from __future__ import annotations

from pathlib import Path

import duckdb

POSITIONS = """enrolment UUID, person UUID, graph INTEGER, node INTEGER, "at" BIGINT, entered BIGINT, due BIGINT,
    holdout TINYINT, message_at BIGINT, message_depth INTEGER, ordinal INTEGER"""
#: The same as a list.
COLUMNS = ", ".join(each.split()[0] for each in POSITIONS.split(","))
PLANNED = "enrolment UUID, step INTEGER, message UUID, ordinal INTEGER, outcome TEXT"

_SCHEMA = f"""
    CREATE TABLE IF NOT EXISTS state.positions ({POSITIONS});
    CREATE TABLE IF NOT EXISTS state.enrolled
        (enrolment UUID, journey INTEGER, person UUID, "key" TEXT, entered BIGINT);
    CREATE TABLE IF NOT EXISTS state.ended (enrolment UUID, "at" BIGINT);
    CREATE TABLE IF NOT EXISTS state.launched (journey INTEGER, "at" BIGINT);
    CREATE TABLE IF NOT EXISTS state.planned ({PLANNED});
    CREATE TABLE IF NOT EXISTS state.numbers (kind TEXT, parent INTEGER, name TEXT, number INTEGER);
    CREATE TABLE IF NOT EXISTS state.held (commit_name TEXT, horizon BIGINT);
"""
#: Everything that the state holds.
TABLES = ("positions", "enrolled", "ended", "launched", "planned", "numbers", "held")


def attach_state(connection: duckdb.DuckDBPyConnection, file: Path | None = None) -> None:
    """The state as the database `state` of a connection: of a file, or of this connection alone."""
    where = ":memory:" if file is None else str(file)
    connection.execute(f"ATTACH '{where}' AS state")
    connection.execute(_SCHEMA)


def keep_state(connection: duckdb.DuckDBPyConnection, until: int, commit_name: str) -> None:
    """What the tick changed, in one transaction: who woke is taken out, who rests now is put in."""
    connection.execute("BEGIN")
    try:
        for statement in _KEEP:
            connection.execute(statement.format(until=until, columns=COLUMNS))
        hold(connection, until, commit_name)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def hold(connection: duckdb.DuckDBPyConnection, until: int, commit_name: str) -> None:
    """Notes how far the state goes."""
    connection.execute("DELETE FROM state.held")
    connection.execute("INSERT INTO state.held VALUES (?, ?)", [commit_name, until])


_KEEP = (
    """
    DELETE FROM state.positions
    WHERE (due IS NULL OR due <= {until}
        OR enrolment IN (SELECT enrolment FROM woken)) AND node IN (SELECT node FROM nodes)
    """,
    "INSERT INTO state.positions SELECT {columns} FROM resting",
    'INSERT INTO state.enrolled SELECT enrolment, journey, person, "key", entered FROM entered',
    'INSERT INTO state.ended SELECT enrolment, "at" FROM moved WHERE target = 0',
    """
    INSERT INTO state.launched
    SELECT g.journey, o.at FROM occasions AS o JOIN graphs AS g ON g.graph = o.graph SEMI JOIN entry_launches AS l
      ON l.graph = o.graph
    """,
    "DELETE FROM state.planned WHERE enrolment IN (SELECT enrolment FROM planned)",
    "INSERT INTO state.planned SELECT p.* FROM planned AS p SEMI JOIN resting AS r ON r.enrolment = p.enrolment",
)
