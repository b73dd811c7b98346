"""A branch: left at once by the first branch all of whose conditions hold."""

from collections.abc import Iterable
from typing import Any

from activation.journeys.graph import Branch, Condition, MessageCondition
from activation.journeys.moves.contract import Move, Place, Relation

#: The condition of a branch that has none: nobody is ever found for it, and so it holds.
ALWAYS = 0


def _conditions(place: Place) -> Iterable[tuple[Any, ...]]:
    node: Branch = place.node
    for number, branch in enumerate(node.branches, 1):
        for condition in branch:
            yield place.code, number, place.codes.condition(condition), _is_wanted(condition)
        if not branch:
            yield place.code, number, ALWAYS, False


def _is_wanted(condition: Condition) -> bool:
    """Whether the question's answer is to be yes; a message's answers for itself."""
    if isinstance(condition, MessageCondition):
        return True
    return getattr(condition, "happened", getattr(condition, "is_member", True))


plugin = Move(
    Branch,
    (
        Relation("branch_nodes", "node INTEGER", lambda place: [(place.code,)]),
        Relation(
            "branch_conditions",
            "node INTEGER, number SMALLINT, condition INTEGER, is_wanted BOOLEAN",
            _conditions,
        ),
    ),
    """
    -- One row per enrolment at a branch.
    SELECT s.*, s.at AS left_at, coalesce(f.number, -2) AS label, false AS is_late
    FROM standing AS s
    JOIN branch_nodes AS n ON n.node = s.node
    LEFT JOIN (
        WITH asked AS (
            -- One row per enrolment and condition of its branch; a condition is looked up once.
            SELECT DISTINCT s.enrolment, s.person, s.graph, s.at, b.condition
            FROM standing AS s
            JOIN branch_conditions AS b ON b.node = s.node
        ),
        held AS ({questions}),
        answered AS (
            SELECT s.enrolment, b.number, bool_and((h.enrolment IS NOT NULL) = b.is_wanted) AS holds
            FROM standing AS s
            JOIN branch_conditions AS b ON b.node = s.node
            LEFT JOIN held AS h ON h.enrolment = s.enrolment AND h.condition = b.condition
            GROUP BY s.enrolment, b.number
        )
        SELECT enrolment, min(number) AS number FROM answered WHERE holds GROUP BY enrolment
    ) AS f ON f.enrolment = s.enrolment
    """,
)
