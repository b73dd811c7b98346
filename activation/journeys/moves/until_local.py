"""Until a wall-clock time in the person's zone, on some weekdays: strictly after the node was entered."""

from activation.journeys.graph import UntilLocal
from activation.journeys.moves._wall import DAY, INSTANTS, TODAY, days_ahead, weekday
from activation.journeys.moves.contract import Move, Place, Relation


def _days(place: Place) -> list[tuple[int, int]]:
    return [(place.code, day) for day in days_ahead(place.node.weekdays)]


plugin = Move(
    UntilLocal,
    (
        Relation(
            "until_local_nodes",
            "node INTEGER, time_of_day BIGINT, weekdays INTEGER",
            lambda place: [(place.code, place.node.time_of_day, place.node.weekdays)],
        ),
        Relation("until_local_days", "node INTEGER, day INTEGER", _days),
    ),
    f"""
    -- One row per enrolment that waits for a wall-clock time.
    SELECT s.*, f.left_at, 0 AS label, false AS is_late
    FROM standing AS s
    JOIN (
        WITH today AS ({TODAY.format(nodes="until_local_nodes")}),
        walls AS (
            SELECT t.enrolment, t.at, t.zone, t.midnight + d.day * {DAY} + n.time_of_day AS wall
            FROM today AS t
            JOIN until_local_nodes AS n ON n.node = t.node
            JOIN until_local_days AS d ON d.node = t.node
            WHERE (n.weekdays >> {weekday(f"(t.midnight + d.day * {DAY})")}::INTEGER) & 1 = 1
        ),
        instants AS ({INSTANTS})
        SELECT enrolment, min(instant) AS left_at FROM instants WHERE instant > "at" GROUP BY enrolment
    ) AS f ON f.enrolment = s.enrolment
    """,
)
