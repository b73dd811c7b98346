"""Until the instant that an attribute holds, plus an offset; who has none, or one that is past, goes by `missed`."""

from activation.journeys.graph import UntilAttribute
from activation.journeys.moves.contract import Move, Relation

#: A date alone is its midnight on the person's wall clock; any other text is read as an instant, UTC unless it says.
plugin = Move(
    UntilAttribute,
    (
        Relation(
            "until_attribute_nodes",
            'node INTEGER, attribute TEXT, "offset" BIGINT',
            lambda place: [(place.code, place.node.attribute, place.node.offset)],
        ),
    ),
    """
    -- One row per enrolment that waits for an instant of its person.
    SELECT s.*, CASE WHEN f.instant > s.at THEN f.instant ELSE s.at END AS left_at,
           CASE WHEN f.instant > s.at THEN 0 ELSE -3 END AS label, false AS is_late
    FROM standing AS s
    JOIN until_attribute_nodes AS n ON n.node = s.node
    LEFT JOIN (
        WITH held AS (
            SELECT s.enrolment, n."offset", p.zone, a.value,
                   epoch_us(TRY_CAST(a.value AS TIMESTAMPTZ)) AS moment,
                   regexp_full_match(trim(a.value), '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') AS is_date
            FROM standing AS s
            JOIN until_attribute_nodes AS n ON n.node = s.node
            JOIN facts_people AS p ON p.person = s.person
            JOIN facts_attributes AS a
              ON a.person = s.person AND a.attribute = n.attribute AND a.from_at <= s.at AND s.at < a.to_at
        )
        SELECT h.enrolment, h.moment + h."offset" AS instant
        FROM held AS h
        WHERE NOT h.is_date
        UNION ALL
        SELECT h.enrolment, h.moment - z.offset_us + h."offset" AS instant
        FROM held AS h
        JOIN facts_zones AS z ON z.zone = h.zone AND h.moment >= z.local_from AND h.moment < z.local_to
        WHERE h.is_date
    ) AS f ON f.enrolment = s.enrolment
    """,
)
