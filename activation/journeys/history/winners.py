"""`facts_winners`: which side of an experiment was declared the winner, from when on."""

from __future__ import annotations

from activation.journeys.history.archive import Archive
from activation.journeys.history.needs import Needs
from kith.lake import tables_of
from kith.warehouse import Warehouse

ROOM, TABLE = "measurement", "winners"

_EMPTY = """
    CREATE OR REPLACE TEMP TABLE facts_winners (journey TEXT, step_id TEXT, label TEXT, from_at BIGINT)
"""

_WINNERS = """
    -- One row per journey and step: the first decision holds, and is usable from its own instant.
    INSERT INTO facts_winners
    SELECT journey, step_id, arg_min(label, (decided_at, label)) AS label, epoch_us(min(decided_at)) AS from_at
    FROM {winners}
    WHERE epoch_us(decided_at) < {end}
    GROUP BY journey, step_id
"""


def lay_winners(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """None where no step experiments."""
    warehouse.connection.execute(_EMPTY)
    declared = {each.name: each for each in tables_of(ROOM)}
    if needs.has_experiments and TABLE in declared:
        winners = archive.files(ROOM, declared[TABLE])
        warehouse.connection.execute(_WINNERS.format(winners=winners, end=archive.end))
