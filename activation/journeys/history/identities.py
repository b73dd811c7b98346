"""`facts_identities`: who holds which identifier, as the run knew it."""

from __future__ import annotations

from activation.journeys.history.archive import Archive
from kith.lake import commits
from kith.warehouse import Warehouse, literal

_PRESENT = """
    -- One row per identifier: the person who holds it.
    CREATE OR REPLACE TEMP TABLE facts_identities AS
    SELECT identifier_type, identifier_value, CAST(profile_id AS UUID) AS person, joined_at
    FROM identities
"""

_PAST = """
    -- One row per identifier: the person who held it as of a commit, the base's row or the last one changed since.
    CREATE OR REPLACE TEMP TABLE facts_identities AS
    SELECT identifier_type, identifier_value, CAST(latest.profile_id AS UUID) AS person, latest.joined_at
    FROM (
        SELECT identifier_type, identifier_value,
               arg_max(struct_pack(profile_id := profile_id, joined_at := joined_at), filename) AS latest
        FROM read_parquet([{files}], filename = true)
        GROUP BY identifier_type, identifier_value
    ) AS told
    WHERE latest.profile_id IS NOT NULL
"""


def lay_identities(warehouse: Warehouse, archive: Archive) -> None:
    """As the snapshot has it, or as of the archive's commit of the room identity."""
    warehouse.connection.execute(_past(archive) if archive.is_past else _PRESENT)


def _past(archive: Archive) -> str:
    known = commits(archive.home, "identity")
    base = next(each.meta["extent"]["base"] for each in known if each.name == archive.identity)
    chain = [each for each in known if base <= each.name <= archive.identity]
    return _PAST.format(files=", ".join(literal(str(each.table("identifiers"))) for each in chain))
