"""Who is on which list at an instant, out of all uploads before it.

Uploads count from their publication on. The latest `replace` begins a list anew; of the uploads since then
the last one that names an identifier decides about it. What has expired is out.
"""

from __future__ import annotations

from datetime import datetime

from activation.lists.tables import ROOM
from kith.times import to_utc_naive
from kith.warehouse import Warehouse


def lay_lists(warehouse: Warehouse, as_of: datetime, has_identities: bool) -> None:
    """Leave `list_members` (list, profile_id) and `lists` (list, published_at) in the warehouse, as of an instant.

    Needs the relations `profiles`, `aliases` and, unless told otherwise, `identities`.
    """
    warehouse.attach_lake(ROOM)
    parameters = {"as_of": to_utc_naive(as_of)}
    warehouse.connection.execute(_ENTRIES, parameters)
    warehouse.connection.execute(_LISTS, parameters)
    kinds = {row["kind"] for row in warehouse.rows("SELECT DISTINCT identifier_type AS kind FROM listed")}
    known = [_PROFILES] if PROFILE in kinds else []
    known += [_IDENTITIES] if has_identities and kinds - {PROFILE} else []
    warehouse.connection.execute(_MEMBERS.format(known=" UNION ALL ".join(known or [_NOBODY])))


_ENTRIES = """
    CREATE OR REPLACE TEMP TABLE listed AS
    WITH published AS (
        SELECT *, ROW_NUMBER() OVER (ORDER BY published_at, commit_name) AS turn
        FROM lake_lists_uploads
        WHERE published_at < $as_of
    ),

    begun AS (
        SELECT list, MAX(turn) FILTER (mode = 'replace') AS turn FROM published GROUP BY list
    ),

    said AS (
        SELECT
            published.list,
            entries.identifier_type,
            entries.identifier_value,
            ARG_MAX(STRUCT_PACK(mode := published.mode, expires_at := published.expires_at), published.turn) AS last
        FROM published
        INNER JOIN begun ON published.list = begun.list AND published.turn >= COALESCE(begun.turn, 0)
        INNER JOIN lake_lists_entries AS entries ON published.upload_id = entries.upload_id
        GROUP BY published.list, entries.identifier_type, entries.identifier_value
    )

    SELECT list, identifier_type, identifier_value
    FROM said
    WHERE last.mode <> 'remove' AND (last.expires_at IS NULL OR last.expires_at >= $as_of)
"""

_LISTS = """
    CREATE OR REPLACE TEMP TABLE lists AS
    SELECT list, MAX(published_at) AS published_at FROM lake_lists_uploads
    WHERE published_at < $as_of GROUP BY list
"""

PROFILE = "profile_id"

# A profile on a list by its id stays on it under the id that it has now. What no list asks for isn't joined.
_PROFILES = """
    SELECT 'profile_id' AS identifier_type, profile_id AS identifier_value, profile_id FROM profiles
    UNION ALL
    SELECT 'profile_id', alias_id, profile_id FROM aliases"""
_IDENTITIES = "SELECT identifier_type, identifier_value, profile_id FROM identities"
_NOBODY = "SELECT '' AS identifier_type, '' AS identifier_value, '' AS profile_id WHERE FALSE"

_MEMBERS = """
    CREATE OR REPLACE TEMP TABLE list_members AS
    SELECT DISTINCT listed.list, known.profile_id
    FROM listed
    INNER JOIN ({known}) AS known
        ON listed.identifier_type = known.identifier_type AND listed.identifier_value = known.identifier_value
"""
