"""A wait: left at the first event that one of its branches looks for, or at its deadline."""

from collections.abc import Iterable
from typing import Any

from activation.journeys.graph import Wait
from activation.journeys.moves.contract import Move, Place, Relation


def _branches(place: Place) -> Iterable[tuple[Any, ...]]:
    node: Wait = place.node
    for number, branch in enumerate(node.branches, 1):
        of = branch.match.of_message
        step = place.codes.step(place.graph, of) if of else None
        yield place.code, number, place.codes.match(branch.match), node.timeout, step


#: Hits first, by an inner join: a LEFT JOIN with such conditions is a nested loop in DuckDB. An event at the
#: deadline wins over it; the event at `at` itself, which may have caused the entry, doesn't count.
plugin = Move(
    Wait,
    (
        Relation(
            "wait_nodes", "node INTEGER, timeout BIGINT", lambda place: [(place.code, place.node.timeout)]
        ),
        Relation(
            "wait_branches",
            "node INTEGER, number SMALLINT, match INTEGER, timeout BIGINT, of_step INTEGER",
            _branches,
        ),
    ),
    """
    -- One row per enrolment in a wait.
    SELECT s.*, coalesce(f.first_key // 1024, s.at + n.timeout) AS left_at,
           CASE WHEN f.first_key IS NULL THEN -1 ELSE f.first_key % 1024 // 2 END AS label,
           coalesce(f.first_key % 2 = 1, false) AS is_late
    FROM standing AS s
    JOIN wait_nodes AS n ON n.node = s.node
    LEFT JOIN (
        -- One row per waiting enrolment with a hit: its first.
        SELECT s.enrolment, min(h.at * 1024 + b.number * 2 + h.is_late::INTEGER) AS first_key
        FROM standing AS s
        JOIN wait_branches AS b ON b.node = s.node
        JOIN hits AS h ON h.match = b.match AND h.person = s.person AND h.at > s.at AND h.at <= s.at + b.timeout
        LEFT JOIN planned_last AS p ON p.enrolment = s.enrolment AND p.step = b.of_step
        WHERE b.of_step IS NULL OR p.message = h.message
        GROUP BY s.enrolment
    ) AS f ON f.enrolment = s.enrolment
    """,
)
