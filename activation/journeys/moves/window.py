"""A time window: at once within it, else when it opens, by the person's wall clock."""

from activation.journeys.graph import Window
from activation.journeys.moves._wall import DAY, INSTANTS, TODAY, days_ahead, weekday
from activation.journeys.moves.contract import Move, Place, Relation


def _days(place: Place) -> list[tuple[int, int]]:
    return [(place.code, day) for day in days_ahead(place.node.weekdays)]


#: A window may be met at once, at an opening, or where a change of the clock lands inside it.
plugin = Move(
    Window,
    (
        Relation(
            "window_nodes",
            "node INTEGER, opens BIGINT, closes BIGINT, weekdays INTEGER",
            lambda place: [(place.code, place.node.opens, place.node.closes, place.node.weekdays)],
        ),
        Relation("window_days", "node INTEGER, day INTEGER", _days),
    ),
    f"""
    -- One row per enrolment at a window.
    SELECT s.*, f.left_at, 0 AS label, false AS is_late
    FROM standing AS s
    JOIN (
        WITH today AS ({TODAY.format(nodes="window_nodes")}),
        walls AS (
            SELECT t.enrolment, t.at, t.zone, t.midnight + d.day * {DAY} + n.opens AS wall
            FROM today AS t
            JOIN window_nodes AS n ON n.node = t.node
            JOIN window_days AS d ON d.node = t.node
        ),
        instants AS (
            {INSTANTS}
            UNION ALL
            SELECT t.enrolment, t.at, t.at AS instant FROM today AS t
            UNION ALL
            SELECT t.enrolment, t.at, z.from_at AS instant
            FROM today AS t
            JOIN facts_zones AS z ON z.zone = t.zone AND z.from_at > t.at
        ),
        shown AS (
            -- What the clock shows at each candidate.
            SELECT i.enrolment, i.instant, n.opens, n.closes, n.weekdays,
                   (i.instant + z.offset_us) % {DAY} AS time_of_day,
                   {weekday("(i.instant + z.offset_us)")}::INTEGER AS weekday
            FROM instants AS i
            JOIN today AS t ON t.enrolment = i.enrolment
            JOIN window_nodes AS n ON n.node = t.node
            JOIN facts_zones AS z ON z.zone = t.zone AND i.instant >= z.from_at AND i.instant < z.to_at
            WHERE i.instant >= i.at
        )
        SELECT enrolment, min(instant) AS left_at
        FROM shown
        WHERE CASE WHEN opens <= closes
                   THEN time_of_day >= opens AND time_of_day < closes AND (weekdays >> weekday) & 1 = 1
                   WHEN time_of_day >= opens THEN (weekdays >> weekday) & 1 = 1
                   ELSE time_of_day < closes AND (weekdays >> ((weekday + 6) % 7)) & 1 = 1 END
        GROUP BY enrolment
    ) AS f ON f.enrolment = s.enrolment
    """,
)
