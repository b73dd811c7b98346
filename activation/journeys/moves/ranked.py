"""Ranked branches: left at once by the one whose score or attribute is the greatest."""

from collections.abc import Iterable
from typing import Any

from activation.journeys.graph import Ranked
from activation.journeys.moves.contract import Move, Place, Relation


def _operands(place: Place) -> Iterable[tuple[Any, ...]]:
    node: Ranked = place.node
    for number, (source, name) in enumerate(node.operands, 1):
        yield place.code, number, source, name


plugin = Move(
    Ranked,
    (
        Relation("ranked_nodes", "node INTEGER", lambda place: [(place.code,)]),
        Relation("ranked_operands", "node INTEGER, number SMALLINT, source TEXT, name TEXT", _operands),
    ),
    """
    -- One row per enrolment at ranked branches.
    SELECT s.*, s.at AS left_at, coalesce(f.number, -2) AS label, false AS is_late
    FROM standing AS s
    JOIN ranked_nodes AS n ON n.node = s.node
    LEFT JOIN (
        WITH valued AS (
            SELECT s.enrolment, o.number, f.value
            FROM standing AS s
            JOIN ranked_operands AS o ON o.node = s.node AND o.source = 'score'
            JOIN facts_scores AS f
              ON f.person = s.person AND f.score = o.name AND f.from_at <= s.at AND s.at < f.to_at
            UNION ALL
            SELECT s.enrolment, o.number, TRY_CAST(f.value AS DOUBLE) AS value
            FROM standing AS s
            JOIN ranked_operands AS o ON o.node = s.node AND o.source = 'attribute'
            JOIN facts_attributes AS f
              ON f.person = s.person AND f.attribute = o.name AND f.from_at <= s.at AND s.at < f.to_at
        ),
        ordered AS (
            SELECT enrolment, number,
                   row_number() OVER (PARTITION BY enrolment ORDER BY value DESC, number) AS place
            FROM valued
            WHERE isfinite(value)
        )
        SELECT enrolment, number FROM ordered WHERE place = 1
    ) AS f ON f.enrolment = s.enrolment
    """,
)
