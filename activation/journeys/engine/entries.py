"""Entries: who is triggered in the slice, and whom the re-entry rule lets in.

triggers (graph, journey, person, key, at, event_id, is_late)     what could bring somebody in and isn't settled
entered  (enrolment, graph, journey, person, profile_id, key, entered, holdout, event_id, is_late)
"""

from __future__ import annotations

import duckdb

from activation.journeys.engine.schedules import lay_occasions
from activation.journeys.moves.contract import ENTERED, NEVER, NO_KEY

_TRIGGERS = """
    -- One row per person, key and instant that would bring somebody into a journey.
    CREATE OR REPLACE TEMP TABLE triggers AS
    WITH brought AS (
        SELECT t.graph, h.person, h."key", h.at, h.event_id, h.is_late
        FROM entry_events AS t
        JOIN hits AS h ON h.match = t.match
        UNION ALL
        SELECT t.graph, f.person, '' AS "key", f.from_at AS at, '' AS event_id, false AS is_late
        FROM entry_segments AS t
        JOIN facts_segments AS f
          ON f.segment = t.segment AND f.from_at > {evaluated_since} AND f.from_at <= {evaluated_until}
        WHERE t.change = 'entered'
        UNION ALL
        SELECT t.graph, f.person, '' AS "key", f.to_at AS at, '' AS event_id, false AS is_late
        FROM entry_segments AS t
        JOIN facts_segments AS f
          ON f.segment = t.segment AND f.to_at > {evaluated_since} AND f.to_at <= {evaluated_until}
        WHERE t.change = 'left'
        UNION ALL
        SELECT o.graph, f.person, '' AS "key", o.at, '' AS event_id, false AS is_late
        FROM occasions AS o
        JOIN facts_segments AS f ON f.segment = o.segment AND f.from_at <= o.at AND o.at < f.to_at
    )
    SELECT b.graph, any_value(g.journey) AS journey, b.person, b."key", b.at,
           min(b.event_id) AS event_id, bool_and(b.is_late) AS is_late
    FROM brought AS b
    JOIN graphs AS g ON g.graph = b.graph AND b.at >= g.enter_from AND b.at < g.enter_until
    ANTI JOIN closed AS c ON c.journey = g.name AND b.at >= c.from_at AND b.at < c.to_at
    GROUP BY b.graph, b.person, b."key", b.at
"""

#: Only the last instance of a triple counts, since an earlier one ended before it began. Who rests is in until a
#: later tick; who is parked is in at least up to the decision: what comes later has to wait for the verdict.
_STANCE = f"""
    CREATE OR REPLACE TEMP TABLE stances AS
    WITH instances AS (
        SELECT e.enrolment, e.journey, e.person, e."key", e.entered FROM enrolled_now AS e
        UNION ALL
        SELECT e.enrolment, e.journey, e.person, e."key", e.entered FROM entered AS e
    ),
    last AS (
        SELECT i.journey, i.person, i."key", max(i.entered) AS entered, arg_max(i.enrolment, i.entered) AS enrolment
        FROM instances AS i
        SEMI JOIN triggers AS t ON t.journey = i.journey AND t.person = i.person AND t."key" = i."key"
        GROUP BY i.journey, i.person, i."key"
    ),
    ends AS (
        SELECT enrolment, "at", false AS is_parked FROM state.ended
        UNION ALL
        SELECT enrolment, "at", false AS is_parked FROM moved WHERE target = 0
        UNION ALL
        SELECT p.enrolment, m.decided_at AS at, true AS is_parked
        FROM parked AS p
        JOIN pending AS m ON m.message = p.message
    )
    SELECT t.*, CASE WHEN l.enrolment IS NULL THEN 'in'
                     WHEN t.at <= coalesce(e.at, {NEVER}) OR g.rule = 'once' THEN 'refused'
                     WHEN g.rule = 'again_after' AND t.at < l.entered + g.again_after THEN 'refused'
                     WHEN e.is_parked THEN 'later' ELSE 'in' END AS stance
    FROM triggers AS t
    JOIN graphs AS g ON g.graph = t.graph
    LEFT JOIN last AS l ON l.journey = t.journey AND l.person = t.person AND l."key" = t."key"
    LEFT JOIN ends AS e ON e.enrolment = l.enrolment
"""

#: Of several that could come in, the first does; the others are asked again once it has gone its way.
_COMING = """
    CREATE OR REPLACE TEMP TABLE coming AS
    SELECT journey, person, "key", min("at") AS at FROM stances WHERE stance = 'in' GROUP BY journey, person, "key"
"""

_NEXT_TRIGGERS = """
    CREATE OR REPLACE TEMP TABLE triggers AS
    SELECT s.* EXCLUDE (stance)
    FROM stances AS s
    ANTI JOIN coming AS c
      ON c.journey = s.journey AND c.person = s.person AND c."key" = s."key" AND c.at = s.at
    WHERE s.stance <> 'refused'
"""

_NAMED = """
    -- One row per person who comes in; the name is activation.contract.enrolment_id.
    CREATE OR REPLACE TEMP TABLE newcomers_in AS
    SELECT CAST(md5(concat_ws(chr(31), g.name, p.profile_id, s."key",
               strftime(make_timestamp(s.at), '%Y-%m-%dT%H:%M:%S.%fZ'))) AS UUID) AS enrolment,
           s.graph, s.journey, s.person, p.profile_id, s."key", s.at AS entered, g.first,
           {holdout} AS holdout, s.event_id, s.is_late
    FROM stances AS s
    SEMI JOIN coming AS c ON c.journey = s.journey AND c.person = s.person AND c."key" = s."key" AND c.at = s.at
    JOIN graphs AS g ON g.graph = s.graph
    JOIN facts_people AS p ON p.person = s.person
"""

_ENTERED = "INSERT INTO entered SELECT * EXCLUDE (first) FROM newcomers_in"

_LOG = f"""
    INSERT INTO moved
    SELECT enrolment, person, graph, 0 AS node, {ENTERED} AS label, first AS target, entered AS at, 0 AS ordinal, is_late
    FROM newcomers_in
"""

_STANDING = f"""
    CREATE OR REPLACE TEMP TABLE standing AS
    SELECT n.enrolment, n.person, n.graph, n.first AS node, n.entered AS at, n.entered, CAST(NULL AS BIGINT) AS due,
           CAST(CASE n.holdout WHEN '' THEN 0 WHEN 'journey' THEN 1 ELSE 2 END AS TINYINT) AS holdout,
           CAST(NULL AS BIGINT) AS message_at, 0 AS message_depth, 0 AS ordinal,
           least(coalesce(x.exit_key, {NO_KEY}), coalesce(y.exit_key, {NO_KEY})) AS exit_key
    FROM newcomers_in AS n
    LEFT JOIN (
        SELECT n.enrolment, min(e.exit_key) AS exit_key
        FROM newcomers_in AS n
        JOIN exits AS e ON e.graph = n.graph AND e.person = n.person AND e.exit_key // 1024 > n.entered
        WHERE e."key" IS NULL OR e."key" = n."key"
        GROUP BY n.enrolment
    ) AS x ON x.enrolment = n.enrolment
    LEFT JOIN (
        SELECT n.enrolment, min(e.exit_key) AS exit_key
        FROM newcomers_in AS n
        JOIN stops AS e ON e.graph = n.graph AND e.exit_key // 1024 > n.entered
        GROUP BY n.enrolment
    ) AS y ON y.enrolment = n.enrolment
    WHERE n.first <> 0
"""

_EMPTY = """
    CREATE OR REPLACE TEMP TABLE entered (enrolment UUID, graph INTEGER, journey INTEGER, person UUID,
        profile_id TEXT, "key" TEXT, entered BIGINT, holdout TEXT, event_id TEXT, is_late BOOLEAN)
"""


class Entries:
    """The entries of one tick. `evaluated`: the span, its end included, of evaluations and schedules that let people in.

    `holdout`: the decisions' SQL over p.profile_id, g.name and g.holdout.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, evaluated: tuple[int, int], holdout: str
    ) -> None:
        self.connection = connection
        self._named = _NAMED.format(holdout=holdout)
        connection.execute(_EMPTY)
        since, until = evaluated
        lay_occasions(connection, since, until)
        connection.execute(_TRIGGERS.format(evaluated_since=since, evaluated_until=until))

    def let_in(self) -> bool:
        """Fills `standing` with those who come in now; answers whether there was anybody."""
        if not self._count("triggers"):
            return False
        for statement in (_STANCE, _COMING, _NEXT_TRIGGERS):
            self.connection.execute(statement)
        if not self._count("coming"):
            return False
        for statement in (self._named, _ENTERED, _LOG, _STANDING):
            self.connection.execute(statement)
        return True

    def _count(self, relation: str) -> int:
        return self.connection.execute(f"SELECT count(*) FROM {relation}").fetchall()[0][0]
