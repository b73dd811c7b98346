"""What happened between two horizons, as the journeys look for it: (since, until], laid once a tick.

hits      (match, person, at, message, key, event_id, is_late)   events of the slice that a match looks for
past_hits (match, person, at, message)                           the same of any time, for conditions
exits     (graph, person, exit_key, key)                         what ends an enrolment, see exit_key in KEY_STEP;
                                                                 with a key only one that has it, NULL: any
stops     (graph, exit_key)                                      when people ended a journey for all in it
feedback  (message, status, at)                                  what channels told of messages
"""

from __future__ import annotations

import duckdb

from activation.journeys.engine.rows import insert
from activation.journeys.questions._comparison import holds
from activation.segments.messages import ANSWERS

_HITS = """
    -- One row per event and match that it passes. An event fails a match if it fails any of its filters.
    CREATE OR REPLACE TEMP TABLE {target} AS
    WITH looked_at AS MATERIALIZED (
        SELECT e.*, row_number() OVER () AS event_row
        FROM ({events}) AS e
        WHERE e.event IN (SELECT m.event FROM matches AS m WHERE m.is_past = {is_past} AND m.has_filters)
    ),
    failed AS (
        SELECT l.event_row, f.match
        FROM looked_at AS l
        JOIN matches AS m ON m.event = l.event AND m.is_past = {is_past}
        JOIN match_filters AS f ON f.match = m.match
        WHERE NOT {holds}
    )
    SELECT m.match, e.person, e.effective_at AS at, {columns}
    FROM ({events}) AS e
    JOIN matches AS m ON m.event = e.event AND m.is_past = {is_past} AND NOT m.has_filters
    UNION ALL
    SELECT m.match, e.person, e.effective_at AS at, {columns}
    FROM looked_at AS e
    JOIN matches AS m ON m.event = e.event AND m.is_past = {is_past} AND m.has_filters
    ANTI JOIN failed AS f ON f.event_row = e.event_row AND f.match = m.match
"""

_COLUMNS = """e.message_id AS message, coalesce(json_extract_string(e.properties, m.key), '') AS "key",
           CASE WHEN m.is_entry THEN e.event_id END AS event_id, e.is_late"""

_SLICE = "SELECT * FROM facts_events WHERE effective_at > {since} AND effective_at <= {until}"
_EVER = """SELECT event, person, effective_at, properties, message_id
           FROM facts_past_events WHERE effective_at <= {until}
           UNION ALL
           SELECT event, person, effective_at, properties, message_id
           FROM facts_events WHERE effective_at <= {until}"""

_EXITS = """
    -- One row per person, graph and instant that would end an enrolment. Rules are numbered as they are written.
    CREATE OR REPLACE TEMP TABLE exits AS
    SELECT r.graph, c.person, c.at * 1024 + r.rule * 4 + (NOT r.is_goal)::INTEGER * 2 + c.is_late::INTEGER AS exit_key,
           CASE WHEN r.has_key THEN c."key" END AS "key"
    FROM exit_rules AS r
    JOIN hits AS c ON c.match = r.match
    UNION ALL
    SELECT r.graph, f.person, f.from_at * 1024 + r.rule * 4 + (NOT r.is_goal)::INTEGER * 2 AS exit_key, NULL
    FROM exit_rules AS r
    JOIN facts_segments AS f ON f.segment = r.segment AND f.from_at > {since} AND f.from_at <= {until}
    WHERE r.is_member
    UNION ALL
    SELECT r.graph, f.person, f.to_at * 1024 + r.rule * 4 + (NOT r.is_goal)::INTEGER * 2 AS exit_key, NULL
    FROM exit_rules AS r
    JOIN facts_segments AS f ON f.segment = r.segment AND f.to_at > {since} AND f.to_at <= {until}
    WHERE NOT r.is_member
"""

_STOPS = """
    -- One row per version of a journey and instant at which people stopped it.
    CREATE OR REPLACE TEMP TABLE stops AS
    SELECT g.graph, s.at * 1024 + 1022 AS exit_key
    FROM stopped AS s
    JOIN graphs AS g ON g.name = s.journey
    WHERE s.at > {since} AND s.at <= {until}
"""

_FEEDBACK = """
    -- One row per answer about a message of which a condition may ask.
    CREATE OR REPLACE TEMP TABLE feedback AS
    SELECT e.message_id AS message, a.status, e.effective_at AS at
    FROM ({events}) AS e
    JOIN answers AS a ON a.event = e.event
    WHERE e.message_id IS NOT NULL AND EXISTS (SELECT 1 FROM message_conditions)
"""


def lay_slice(connection: duckdb.DuckDBPyConnection, since: int, until: int) -> None:
    """Five statements, however many definitions look for however many events."""
    span = {"since": since, "until": until}
    judged = holds("json_extract_string(l.properties, f.property)", "f")
    for target, events, is_past, columns in (
        ("hits", _SLICE, "false", _COLUMNS),
        ("past_hits", _EVER, "true", "e.message_id AS message"),
    ):
        sql = _HITS.format(
            target=target, events=events.format(**span), is_past=is_past, columns=columns, holds=judged
        )
        connection.execute(sql)
    connection.execute(_EXITS.format(**span))
    connection.execute(_STOPS.format(**span))
    connection.execute("CREATE OR REPLACE TEMP TABLE answers (event TEXT, status TEXT)")
    insert(connection, "answers", [(name, status) for status, names in ANSWERS.items() for name in names])
    connection.execute(_FEEDBACK.format(events=_EVER.format(**span)))
