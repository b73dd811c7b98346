"""What a tick adds to the log: its numbers turned into names again, only here and nowhere else.

Each SELECT answers the columns of one table of activation/journeys/tables; `{as_of}` is the tick's, in microseconds.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from activation.journeys.engine.rows import insert
from activation.journeys.moves.contract import GOAL, MERGED, STOPPED, WORDS

TRANSITIONS = f"""
    -- One row per move, entries and exits included.
    SELECT g.name AS journey, g.version AS journey_version, replace(CAST(m.enrolment AS TEXT), '-', '') AS enrolment_id,
           replace(CAST(m.person AS TEXT), '-', '') AS profile_id, coalesce(n.node_id, '') AS node_id,
           coalesce(n.step_id, '') AS step_id, coalesce(w.word, CAST(m.label AS TEXT)) AS label,
           coalesce(t.node_id, '') AS to_node_id,
           CASE WHEN m.target = 0 THEN 'exited' WHEN m.node = 0 THEN 'entered' ELSE 'moved' END AS kind,
           make_timestamp(m.at) AS at, CAST(m.ordinal AS BIGINT) AS depth,
           CASE WHEN m.target <> 0 THEN '' WHEN m.label IN ({GOAL}, {STOPPED}, {MERGED}) THEN w.word
                ELSE 'completed' END AS reason,
           m.is_late, make_timestamp({{as_of}}) AS as_of
    FROM moved AS m
    JOIN graphs AS g ON g.graph = m.graph
    LEFT JOIN nodes AS n ON n.node = m.node
    LEFT JOIN nodes AS t ON t.node = m.target
    LEFT JOIN words AS w ON w.label = m.label
"""

ENROLMENTS = """
    -- One row per person who came in.
    SELECT g.name AS journey, g.version AS journey_version, replace(CAST(e.enrolment AS TEXT), '-', '') AS enrolment_id,
           replace(CAST(e.person AS TEXT), '-', '') AS profile_id, e."key" AS entry_key,
           make_timestamp(e.entered) AS entered_at, e.holdout <> '' AS is_holdout, e.holdout, g.segment,
           coalesce(e.event_id, '') AS trigger_event_id, e.is_late, make_timestamp({as_of}) AS as_of
    FROM entered AS e
    JOIN graphs AS g ON g.graph = e.graph
"""

EFFECTS = """
    -- One row per effect that somebody passed; its name is kith.ids.stable_id(journey, step, enrolment, instant).
    SELECT md5(concat_ws(chr(31), g.name, n.step_id, replace(CAST(m.enrolment AS TEXT), '-', ''),
               strftime(make_timestamp(m.at), '%Y-%m-%dT%H:%M:%S.%fZ'))) AS effect_id,
           g.name AS journey, g.version AS journey_version, n.step_id,
           replace(CAST(m.enrolment AS TEXT), '-', '') AS enrolment_id,
           replace(CAST(m.person AS TEXT), '-', '') AS profile_id, f.what, f.payload, make_timestamp(m.at) AS at,
           make_timestamp({as_of}) AS as_of
    FROM moved AS m
    JOIN effect_nodes AS f ON f.node = m.node
    JOIN nodes AS n ON n.node = m.node
    JOIN graphs AS g ON g.graph = m.graph
    WHERE m.label = 0
"""

LAUNCHES = """
    -- One row per launch, also of one that let nobody in.
    SELECT DISTINCT g.name AS journey, make_timestamp(o.at) AS at, make_timestamp({as_of}) AS as_of
    FROM occasions AS o
    JOIN graphs AS g ON g.graph = o.graph
    SEMI JOIN entry_launches AS l ON l.graph = o.graph
"""

_TABLES = {
    "transitions": TRANSITIONS,
    "enrolments": ENROLMENTS,
    "effects": EFFECTS,
    "launches": LAUNCHES,
    "outbox": "FROM outbox",
}


def write_log(connection: duckdb.DuckDBPyConnection, folder: Path, as_of: int) -> None:
    """Writes each table of the tick as Parquet into a folder, without a row in Python."""
    connection.execute("CREATE OR REPLACE TEMP TABLE words (label SMALLINT, word TEXT)")
    insert(connection, "words", list(WORDS.items()))
    for name, select in _TABLES.items():
        file = str(folder / f"{name}.parquet").replace("'", "''")
        connection.execute(
            f"COPY ({select.format(as_of=as_of)}) TO '{file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
        )
