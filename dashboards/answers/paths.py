"""Which ways do people take through a visit? Figures of the paths page."""

from __future__ import annotations

import pandas as pd

from dashboards.answers.visit_events import VISIT_EVENT
from dashboards.reader import Reader

OTHERS, END = "(other)", "(end of the visit)"
DEPTHS = range(2, 7)
#: A page or screen by its name, or an event: as the published table's stops.
_STOP = """
    CASE
        WHEN type = 'track' THEN event
        ELSE type || ' ' || coalesce(
            nullif(json_extract_string(properties, '$.name'), ''), nullif(event, ''), '(unnamed)'
        )
    END"""


def known_stops(reader: Reader, days: int) -> list[str]:
    """Where a visit can begin or end, the most frequent first."""
    rows = reader.rows(
        f"""
        SELECT {_STOP} AS stop
        FROM events
        WHERE {VISIT_EVENT} AND (type <> 'track' OR event IS NOT NULL)
            AND occurred_at >= CAST($as_of AS TIMESTAMP) - to_days(CAST($days AS INTEGER)) AND occurred_at < $as_of
        GROUP BY stop
        ORDER BY count(*) DESC, stop
        LIMIT 100""",
        days=days,
        as_of=reader.as_of.replace(tzinfo=None),
    )
    return [row["stop"] for row in rows]


def flows(reader: Reader, *, days: int, anchor: str, stop: str, depth: int, most: int) -> pd.DataFrame:
    """`step, source, target, session_count`: visits that went from a stop to the next one, by place on the way.

    Steps count from 1 at the anchor: the beginning of visits (`anchor` is "start"), or their end, and then backwards
    ("end"). With a `stop` the way begins at its first time in a visit (ends at its last). Stops beyond the `most`
    frequent of their place are told as one; a visit that is over is told as such. The same stop again at once is one.
    """
    turned = "DESC" if anchor == "end" else "ASC"
    cut = "min" if anchor == "start" else "max"
    side = ">=" if anchor == "start" else "<="
    anchored = f"""
        (
            SELECT turns.*
            FROM turns
            INNER JOIN (
                SELECT session_id, {cut}(place) AS anchor FROM turns WHERE stop = $stop GROUP BY session_id
            ) AS anchors ON turns.session_id = anchors.session_id AND turns.place {side} anchors.anchor
        )"""
    return reader.frame(
        f"""
        WITH {_turns()},
        numbered AS (
            SELECT
                session_id, stop,
                row_number() OVER (PARTITION BY session_id ORDER BY place {turned}) AS step
            FROM {anchored if stop else "turns"}
        ),
        near AS (SELECT * FROM numbered WHERE step <= $depth),
        ranked AS (
            SELECT step, stop, row_number() OVER (PARTITION BY step ORDER BY count(*) DESC, stop) AS place
            FROM near GROUP BY step, stop
        ),
        told AS (
            SELECT near.session_id, near.step, CASE WHEN ranked.place <= $most THEN near.stop ELSE '{OTHERS}' END AS stop
            FROM near INNER JOIN ranked ON near.step = ranked.step AND near.stop = ranked.stop
        )

        SELECT
            told.step,
            told.stop AS source,
            coalesce(following.stop, '{END}') AS target,
            count(*) AS session_count
        FROM told
        LEFT JOIN told AS following ON told.session_id = following.session_id AND following.step = told.step + 1
        WHERE told.step < $depth
        GROUP BY ALL
        ORDER BY told.step, session_count DESC, source, target""",
        days=days,
        depth=depth,
        most=most,
        as_of=reader.as_of.replace(tzinfo=None),
        **({"stop": stop} if stop else {}),
    )


def _turns() -> str:
    """Stops of visits in their order, machines left out. Visits of one visitor never overlap: the nearest is the one."""
    return f"""
        visits AS (
            SELECT session_id, coalesce(anonymous_id, user_id) AS visitor_id, started_at, ended_at
            FROM sessions
            WHERE NOT is_bot AND started_at >= CAST($as_of AS TIMESTAMP) - to_days(CAST($days AS INTEGER))
        ),
        acts AS (
            SELECT event_id, occurred_at, coalesce(anonymous_id, user_id) AS visitor_id, {_STOP} AS stop
            FROM events
            WHERE {VISIT_EVENT} AND (type <> 'track' OR event IS NOT NULL)
                AND occurred_at >= CAST($as_of AS TIMESTAMP) - to_days(CAST($days AS INTEGER))
        ),
        placed AS (
            SELECT
                visits.session_id, acts.stop,
                row_number() OVER visit AS place,
                lag(acts.stop) OVER visit AS stop_before
            FROM acts
            ASOF INNER JOIN visits ON acts.visitor_id = visits.visitor_id AND acts.occurred_at >= visits.started_at
            WHERE acts.occurred_at <= visits.ended_at
            WINDOW visit AS (PARTITION BY visits.session_id ORDER BY acts.occurred_at, acts.event_id)
        ),
        turns AS (
            SELECT session_id, stop, place FROM placed WHERE stop_before IS NULL OR stop_before <> stop
        )"""
