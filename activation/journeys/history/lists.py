"""Uploaded lists among `facts_segments`, under `list:<name>`: who was on which list from when to when.

An upload counts from its publication on. Of the uploads since the last `replace` the last one that names an identifier
decides about it; what has expired is out. One replaced by another that names the same people leaves them on it.
"""

from __future__ import annotations

from activation.journeys.graph import LIST_PREFIX
from activation.journeys.history.archive import NEVER, Archive
from activation.journeys.history.needs import Needs
from activation.lists.tables import ENTRIES, ROOM, UPLOADS
from kith.warehouse import Warehouse, literal

_LISTS = """
    -- One row per person, list and stretch on it.
    INSERT INTO facts_segments
    WITH published AS (
        SELECT upload_id, list, mode, epoch_us(published_at) AS moment,
               coalesce(epoch_us(expires_at), {never}) AS expires_at,
               row_number() OVER (PARTITION BY list ORDER BY published_at, filename) AS turn
        FROM {uploads}
        WHERE list IN ({lists}) AND epoch_us(published_at) < {end}
    ),
    named AS (
        SELECT p.list, p.turn, p.moment, p.expires_at, p.mode <> 'remove' AS is_on, e.identifier_type, e.identifier_value
        FROM published AS p
        JOIN {entries} AS e ON e.upload_id = p.upload_id
    ),
    points AS (
        SELECT * FROM named
        UNION ALL
        SELECT i.list, p.turn, p.moment, p.expires_at, false AS is_on, i.identifier_type, i.identifier_value
        FROM (SELECT DISTINCT list, identifier_type, identifier_value FROM named) AS i
        JOIN published AS p ON p.list = i.list AND p.mode = 'replace'
        ANTI JOIN named AS n
          ON n.list = i.list AND n.turn = p.turn
         AND n.identifier_type = i.identifier_type AND n.identifier_value = i.identifier_value
    ),
    spans AS (
        SELECT *, least(expires_at, coalesce(lead(moment) OVER (
            PARTITION BY list, identifier_type, identifier_value ORDER BY turn
        ), {never})) AS to_at
        FROM points
    ),
    held AS (
        SELECT s.list, f.person, s.moment AS from_at, s.to_at
        FROM spans AS s
        JOIN facts_identities AS f
          ON f.identifier_type = s.identifier_type AND f.identifier_value = s.identifier_value
        WHERE s.is_on AND s.to_at > s.moment
        UNION ALL
        SELECT s.list, coalesce(a.person, CAST(s.identifier_value AS UUID)) AS person, s.moment AS from_at, s.to_at
        FROM spans AS s
        LEFT JOIN facts_aliases AS a ON a.alias = TRY_CAST(s.identifier_value AS UUID)
        WHERE s.identifier_type = 'profile_id' AND TRY_CAST(s.identifier_value AS UUID) IS NOT NULL
          AND s.is_on AND s.to_at > s.moment
    ),
    begun AS (
        SELECT *, from_at > coalesce(max(to_at) OVER (
            PARTITION BY list, person ORDER BY from_at, to_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), -1) AS is_apart
        FROM held
    ),
    islands AS (
        SELECT *, sum(CASE WHEN is_apart THEN 1 ELSE 0 END) OVER (
            PARTITION BY list, person ORDER BY from_at, to_at
        ) AS island
        FROM begun
    )
    SELECT person, '{prefix}' || list AS segment, min(from_at) AS from_at, max(to_at) AS to_at
    FROM islands
    GROUP BY person, list, island
    HAVING max(to_at) >= {begin}
"""


def lay_lists(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """Adds the lists that are asked for to `facts_segments`; nothing is read where none is."""
    asked = sorted(each.removeprefix(LIST_PREFIX) for each in needs.segments if each.startswith(LIST_PREFIX))
    if asked:
        warehouse.connection.execute(
            _LISTS.format(
                uploads=archive.files(ROOM, UPLOADS),
                entries=archive.files(ROOM, ENTRIES),
                lists=", ".join(map(literal, asked)),
                prefix=LIST_PREFIX,
                begin=archive.begin,
                end=archive.end,
                never=NEVER,
            )
        )
