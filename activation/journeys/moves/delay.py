"""A delay: left a span after it was entered."""

from activation.journeys.graph import Delay
from activation.journeys.moves.contract import Move, Relation

plugin = Move(
    Delay,
    (Relation("delay_nodes", "node INTEGER, span BIGINT", lambda place: [(place.code, place.node.span)]),),
    """
    -- One row per enrolment in a delay.
    SELECT s.*, s.at + n.span AS left_at, 0 AS label, false AS is_late
    FROM standing AS s
    JOIN delay_nodes AS n ON n.node = s.node
    """,
)
