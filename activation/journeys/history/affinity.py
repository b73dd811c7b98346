"""`facts_affinity`: which channels each person answers best on, the best one first."""

from __future__ import annotations

from activation.journeys.history.archive import Archive
from activation.journeys.history.needs import Needs
from kith.warehouse import Warehouse, literal

_EMPTY = "CREATE OR REPLACE TEMP TABLE facts_affinity (person UUID, channel TEXT, rank BIGINT)"

_AFFINITY = """
    -- One row per person and channel. Where two who were scored are one now, the id that stayed speaks.
    INSERT INTO facts_affinity
    SELECT person, channel, rank
    FROM (
        SELECT CAST(s.profile_id AS UUID) AS written, coalesce(a.person, CAST(s.profile_id AS UUID)) AS person,
               s.channel, s.rank
        FROM read_parquet({file}) AS s
        LEFT JOIN facts_aliases AS a ON a.alias = CAST(s.profile_id AS UUID)
        WHERE s.profile_id <> ''
    ) AS scored
    QUALIFY row_number() OVER (PARTITION BY person, channel ORDER BY written = person DESC, written) = 1
"""


def lay_affinity(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """Of the scoring in force at the begin of the slice; none where no step chooses by it."""
    warehouse.connection.execute(_EMPTY)
    scoring = archive.in_force("channel_affinity") if needs.has_affinity else None
    if scoring:
        file = literal(str(scoring.table("channel_affinity")))
        warehouse.connection.execute(_AFFINITY.format(file=file))
