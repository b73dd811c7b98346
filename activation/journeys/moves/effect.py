"""An effect is passed at once; what it causes is read off the log at the end of the tick."""

import json
from collections.abc import Iterable
from typing import Any

from activation.journeys.graph import Effect
from activation.journeys.moves.contract import Move, Place, Relation


def _rows(place: Place) -> Iterable[tuple[Any, ...]]:
    node: Effect = place.node
    yield place.code, node.what, json.dumps(node.payload, sort_keys=True)


plugin = Move(
    Effect,
    (Relation("effect_nodes", "node INTEGER, what TEXT, payload TEXT", _rows),),
    """
    -- One row per enrolment at an effect.
    SELECT s.*, s.at AS left_at, 0 AS label, false AS is_late
    FROM standing AS s
    JOIN effect_nodes AS n ON n.node = s.node
    """,
)
