"""Entry: who comes into a journey, when, and on which side of the holdout."""

from __future__ import annotations

from kith.run import Run
from kith.times import to_utc_naive
from kith.warehouse import Warehouse
from measurement.assignment import share_sql

_LAUNCHES = """
    -- One row per journey that starts: the first evaluation of its segment inside the window that found
    -- anybody. One at this very run counts (it is usable then); what an earlier run passed is never revised.
    CREATE TEMP TABLE launches AS
    SELECT j.journey, j.journey_version, j.segment, j.holdout, min(e.as_of) AS entered_at
    FROM journeys AS j
    JOIN segment_evaluations AS e
      ON e.segment = j.segment AND e.as_of >= j.enter_from AND e.as_of < j.enter_until
    ANTI JOIN enrolled AS started
      ON started.journey = j.journey
     AND started.entered_at >= j.enter_from AND started.entered_at < j.enter_until
    WHERE e.member_count > 0
      AND e.as_of <= $as_of
      AND ($previous_as_of IS NULL OR e.as_of > $previous_as_of)
    GROUP BY j.journey, j.journey_version, j.segment, j.holdout
"""

_ENTRANTS = f"""
    -- One row per person who enters: a member at the launch who never entered this journey before.
    CREATE TEMP TABLE entrants AS
    WITH held AS (
        -- The commit that holds the members of each launch's evaluation: of two at one instant, the later.
        SELECT l.journey, l.segment,
               arg_max((e.is_replay, e.members_commit), (e.is_replay, e.commit_name)) AS place,
               arg_max((e.is_replay, e.members_population), (e.is_replay, e.commit_name)) AS people
        FROM launches AS l
        JOIN segment_evaluations AS e ON e.segment = l.segment AND e.as_of = l.entered_at
        GROUP BY l.journey, l.segment
    ),
    members AS (
        SELECT DISTINCT h.journey, coalesce(a.profile_id, p.profile_id) AS profile_id
        FROM held AS h
        JOIN segment_members AS s ON s.segment = h.segment AND (s.is_replay, s.commit_name) = h.place
        JOIN segment_population AS p ON (p.is_replay, p.commit_name) = h.people AND p.position = s.position
        LEFT JOIN alias AS a ON a.alias_id = p.profile_id
    )
    SELECT l.journey, l.journey_version, l.segment, m.profile_id, '' AS entry_key, l.entered_at,
           md5(concat_ws(chr(31), l.journey, m.profile_id, '',
               strftime(l.entered_at, '%Y-%m-%dT%H:%M:%S.%fZ'))) AS enrolment_id,
           {share_sql("m.profile_id", "('holdout:' || l.journey)")} < l.holdout AS is_holdout
    FROM launches AS l
    JOIN members AS m ON m.journey = l.journey
    ANTI JOIN enrolled AS e ON e.journey = l.journey AND e.profile_id = m.profile_id
"""


def enter(warehouse: Warehouse, run: Run) -> int:
    """Fills `entrants` from the tables `journeys` and `enrolled`; answers how many came in."""
    instants = {
        "as_of": to_utc_naive(run.as_of),
        "previous_as_of": to_utc_naive(run.previous_as_of) if run.previous_as_of else None,
    }
    warehouse.connection.execute(_LAUNCHES, instants)
    warehouse.connection.execute(_ENTRANTS)
    return int(warehouse.value("SELECT count(*) FROM entrants"))
