"""An experiment: a person always meets the same variant, until a winner is in force for everybody."""

from collections.abc import Iterable
from typing import Any

from activation.journeys.graph import Experiment
from activation.journeys.moves.contract import Move, Place, Relation
from activation.journeys.moves.split import shares


def _salt(place: Place) -> Iterable[tuple[Any, ...]]:
    yield place.code, f"experiment:{place.node.experiment}"


def _winners(place: Place) -> Iterable[tuple[Any, ...]]:
    """Under which names a decision may call each of the variants."""
    node: Experiment = place.node
    for number, _ in enumerate(node.shares, 1):
        names = {str(number), *node.variants[number - 1 : number]}
        yield from ((place.code, place.graph.journey, node.step_id, name, number) for name in sorted(names))


plugin = Move(
    Experiment,
    (
        Relation("experiment_nodes", "node INTEGER, salt TEXT", _salt),
        Relation(
            "experiment_shares", "node INTEGER, number SMALLINT, from_draw BIGINT, to_draw BIGINT", shares
        ),
        Relation(
            "experiment_variants",
            "node INTEGER, journey TEXT, step_id TEXT, label TEXT, number SMALLINT",
            _winners,
        ),
    ),
    """
    -- One row per enrolment at an experiment: the winner in force at that instant, or else the person's share.
    SELECT d.* EXCLUDE (draw, won), d.at AS left_at, coalesce(d.won, p.number) AS label, false AS is_late
    FROM (
        SELECT s.*, w.won,
               10000 * CAST('0x' || substr(md5(n.salt || ':' || h.profile_id), 1, 8) AS BIGINT) AS draw
        FROM standing AS s
        JOIN experiment_nodes AS n ON n.node = s.node
        JOIN facts_people AS h ON h.person = s.person
        LEFT JOIN (
            -- One row per enrolment for whom a winner is in force: the last one.
            SELECT s.enrolment, arg_max(v.number, w.from_at) AS won
            FROM standing AS s
            JOIN experiment_variants AS v ON v.node = s.node
            JOIN facts_winners AS w
              ON w.journey = v.journey AND w.step_id = v.step_id AND w.label = v.label AND w.from_at <= s.at
            GROUP BY s.enrolment
        ) AS w ON w.enrolment = s.enrolment
    ) AS d
    JOIN experiment_shares AS p ON p.node = d.node AND d.draw >= p.from_draw AND d.draw < p.to_draw
    """,
)
