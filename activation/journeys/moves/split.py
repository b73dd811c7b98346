"""A random split: the draw is a hash of the enrolment, so that it is the same whenever it is asked."""

from collections.abc import Iterable
from itertools import accumulate
from typing import Any

from activation.journeys.graph import Split
from activation.journeys.moves.contract import Move, Place, Relation

#: Parts of the whole draw, as kith.ids.bucket counts: bucket / 2^32 * 10,000 compared without a fraction.
WHOLE = 1 << 32
PARTS = 10_000


def shares(place: Place) -> Iterable[tuple[Any, ...]]:
    """One row per share: which of the draws fall into it, as multiples of the bucket's parts."""
    ends = list(accumulate(place.node.shares))
    for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False), 1):
        yield place.code, number, start * WHOLE, end * WHOLE


def _salt(place: Place) -> Iterable[tuple[Any, ...]]:
    yield place.code, f"split:{place.graph.journey}:{place.node.node_id}"


plugin = Move(
    Split,
    (
        Relation("split_nodes", "node INTEGER, salt TEXT", _salt),
        Relation("split_shares", "node INTEGER, number SMALLINT, from_draw BIGINT, to_draw BIGINT", shares),
    ),
    """
    -- One row per enrolment at a split: the share into which its draw falls.
    SELECT d.* EXCLUDE (draw), d.at AS left_at, p.number AS label, false AS is_late
    FROM (
        SELECT s.*, 10000 * CAST('0x' || substr(md5(n.salt || ':' ||
                   replace(CAST(s.enrolment AS TEXT), '-', '')), 1, 8) AS BIGINT) AS draw
        FROM standing AS s
        JOIN split_nodes AS n ON n.node = s.node
    ) AS d
    JOIN split_shares AS p ON p.node = d.node AND d.draw >= p.from_draw AND d.draw < p.to_draw
    """,
)
