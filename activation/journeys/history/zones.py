"""`facts_zones`: the offsets of the zones in use, as intervals in UTC and on the wall."""

from __future__ import annotations

from activation.journeys.history.archive import NEVER, Archive
from activation.journeys.history.needs import Needs
from kith.warehouse import Warehouse

_DAY = 86_400_000_000
#: A step until a local time on a weekday ends within eight days, a deferred decision within another two.
AHEAD = 11 * _DAY
#: A step that waits for a date of a profile may look years ahead.
FAR_AHEAD = 100 * 366 * _DAY

_ZONES = """
    -- One row per zone and stretch of one offset that touches the dates of the slice. The wall's boundary of a
    -- change is the change plus the greater of the two offsets: a gap is read with the offset before it, what is
    -- shown twice belongs to the first.
    CREATE OR REPLACE TEMP TABLE facts_zones AS
    WITH stretches AS (
        SELECT zone, epoch_us(from_at) AS from_at, epoch_us(to_at) AS to_at, offset_seconds * 1000000 AS offset_us
        FROM lake_reference_tz_offsets_latest
        SEMI JOIN facts_people AS p ON p.zone = lake_reference_tz_offsets_latest.zone
    ),
    beside AS (
        SELECT *,
               lag(offset_us, 1, offset_us) OVER (PARTITION BY zone ORDER BY from_at) AS before_us,
               lead(offset_us, 1, offset_us) OVER (PARTITION BY zone ORDER BY from_at) AS after_us
        FROM stretches
    )
    SELECT zone, from_at, to_at, offset_us,
           from_at + greatest(before_us, offset_us) AS local_from,
           to_at + greatest(offset_us, after_us) AS local_to
    FROM beside
    WHERE to_at > $begin AND from_at < $end
"""


def lay_zones(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """From two days before the slice to as far ahead as a step may look."""
    ahead = FAR_AHEAD if needs.has_dates else AHEAD
    bounds = {"begin": archive.begin - 2 * _DAY, "end": min(archive.end + ahead, NEVER)}
    warehouse.connection.execute(_ZONES, bounds)
