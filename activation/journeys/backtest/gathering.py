"""What is kept of a slice: counts that add up, and the sends that later slices' caps count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activation.contract import Decision, Reason
from activation.journeys.moves.contract import ENTERED
from kith.warehouse import literal

if TYPE_CHECKING:
    import duckdb

_GATHERED = """
    CREATE OR REPLACE TEMP TABLE gathered_entries (day DATE, holdout TEXT, enrolments BIGINT);
    CREATE OR REPLACE TEMP TABLE gathered_moves (node_id TEXT, label SMALLINT, enrolments BIGINT);
    CREATE OR REPLACE TEMP TABLE gathered_messages (day DATE, step_id TEXT, channel TEXT, decision TEXT, reason TEXT,
        messages BIGINT, eligible BIGINT);
    CREATE OR REPLACE TEMP TABLE gathered_sends (person UUID, channel TEXT, purpose TEXT, tags TEXT[], "at" BIGINT,
        local_day BIGINT);
    CREATE OR REPLACE TEMP TABLE gathered_crowd (journey TEXT, step_id TEXT, channel TEXT, purpose TEXT, tags TEXT[],
        is_transactional BOOLEAN, decided_at BIGINT, release_at BIGINT, reason TEXT, detail TEXT, message UUID)
"""

#: A message that a budget or a throttle withheld keeps its place under its person's caps.
_CROWDED = f"reason IN ('{Reason.BUDGET}', '{Reason.THROTTLED}') AND NOT is_holdout"
_LET_THROUGH = f"(decision = '{Decision.SEND}' OR {_CROWDED})"

_ENTRIES = """
    INSERT INTO gathered_entries
    SELECT {day_of_entry} AS day, holdout, count(*) AS enrolments FROM entered GROUP BY 1, 2
"""

_MOVES = f"""
    INSERT INTO gathered_moves
    SELECT n.node_id, m.label, count(*) AS enrolments
    FROM moved AS m
    JOIN nodes AS n ON n.node = m.node
    WHERE m.label <> {ENTERED}
    GROUP BY n.node_id, m.label
"""

_MESSAGES = """
    INSERT INTO gathered_messages
    SELECT {day_of_decision} AS day, step_id, channel, decision, reason, count(*) AS messages,
           count(*) FILTER (WHERE is_eligible) AS eligible
    FROM outbox
    GROUP BY ALL
"""

_SENDS = f"""
    INSERT INTO gathered_sends
    SELECT CAST(o.profile_id AS UUID) AS person, o.channel, o.purpose, o.tags, epoch_us(o.decided_at) AS "at",
           (epoch_us(o.decided_at) + coalesce(z.offset_us, 0)) // 86400000000 AS local_day
    FROM outbox AS o
    LEFT JOIN facts_people AS p ON p.person = CAST(o.profile_id AS UUID)
    LEFT JOIN facts_zones AS z
      ON z.zone = p.zone AND z.from_at <= epoch_us(o.decided_at) AND epoch_us(o.decided_at) < z.to_at
    WHERE {_LET_THROUGH} AND NOT o.is_transactional
"""

_CROWD = f"""
    INSERT INTO gathered_crowd
    SELECT journey, step_id, channel, purpose, tags, is_transactional, epoch_us(decided_at) AS decided_at,
           epoch_us(release_at) AS release_at, reason, reason_detail AS detail, CAST(message_id AS UUID) AS message
    FROM outbox
    WHERE {_LET_THROUGH}
"""

_CROWD_REMEMBERED = """
    CREATE OR REPLACE TEMP TABLE known_crowd AS FROM past_crowd UNION ALL FROM gathered_crowd;
    CREATE OR REPLACE TEMP VIEW past_crowd AS FROM known_crowd
"""

_REMEMBERED = """
    INSERT INTO past_sends
    SELECT coalesce(a.person, g.person) AS person, g.channel, g.purpose, g.tags, g."at", g.local_day
    FROM gathered_sends AS g
    LEFT JOIN facts_aliases AS a ON a.alias = g.person
"""


def lay_gathered(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty, before the first slice."""
    connection.execute(_GATHERED)


def gather(connection: duckdb.DuckDBPyConnection, zone: str, *, has_budgets: bool) -> None:
    """Adds a tick that was run and closed. Days are those of `zone`, the workspace's."""
    days = {
        "day_of_entry": _day("make_timestamp(entered)", zone),
        "day_of_decision": _day("decided_at", zone),
    }
    for statement in (_ENTRIES, _MOVES, _MESSAGES, _SENDS):
        connection.execute(statement.format(**days))
    if has_budgets:
        connection.execute(_CROWD)


def remember(connection: duckdb.DuckDBPyConnection, *, has_budgets: bool) -> None:
    """Puts the sends of earlier slices among those that caps, budgets and throttles count."""
    connection.execute(_REMEMBERED)
    if has_budgets:
        connection.execute(_CROWD_REMEMBERED)


def _day(moment: str, zone: str) -> str:
    return f"CAST(timezone({literal(zone)}, timezone('UTC', {moment})) AS DATE)"
