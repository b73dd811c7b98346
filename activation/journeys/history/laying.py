"""All relations of a slice, in the order in which they build on each other."""

from __future__ import annotations

from activation.journeys.history.addresses import lay_addresses
from activation.journeys.history.affinity import lay_affinity
from activation.journeys.history.aliases import lay_aliases
from activation.journeys.history.archive import Archive
from activation.journeys.history.attributes import lay_attributes
from activation.journeys.history.consents import lay_consents
from activation.journeys.history.events import lay_events
from activation.journeys.history.identities import lay_identities
from activation.journeys.history.needs import Needs
from activation.journeys.history.people import lay_people
from activation.journeys.history.refusals import lay_refusals
from activation.journeys.history.scores import lay_scores
from activation.journeys.history.segments import lay_segments
from activation.journeys.history.sends import lay_sends
from activation.journeys.history.suppressions import lay_suppressions
from activation.journeys.history.winners import lay_winners
from activation.journeys.history.zones import lay_zones
from kith.ids import stable_id
from kith.warehouse import Warehouse

#: Intervals, which hold for any slice within their span; later ones read earlier ones.
_STANDING = (
    *(lay_zones, lay_attributes, lay_addresses, lay_consents, lay_refusals, lay_suppressions, lay_winners),
)
#: What is of one slice: what happened in it, and what is in force all through it.
_FLOWING = (lay_events, lay_segments, lay_scores, lay_affinity, lay_sends)
_KEY = "CREATE OR REPLACE TEMP TABLE facts_laid AS SELECT $1 AS key"


def lay_history(warehouse: Warehouse, archive: Archive, needs: Needs) -> None:
    """Leave every `facts_*` relation, `past_sends` and `past_crowd` in the warehouse, replacing those of an earlier
    slice. Of slices with one reach, intervals are laid once for as long as people are the same."""
    key = _key(archive, needs)
    if not _is_laid(warehouse, key):
        archive.attach(warehouse)
        lay_identities(warehouse, archive)
        lay_aliases(warehouse, archive)
        lay_people(warehouse, archive, needs)
        for lay in _STANDING:
            lay(warehouse, archive.standing, needs)
        warehouse.connection.execute(_KEY, [key])
    elif needs.has_best_hours:
        lay_people(warehouse, archive, needs)
    for lay in _FLOWING:
        lay(warehouse, archive, needs)


def _key(archive: Archive, needs: Needs) -> str:
    """Names what intervals depend on; empty where slices are laid each by itself."""
    parts = (archive.snapshot.run_id, archive.identity, archive.reach, sorted(map(str, vars(needs).items())))
    return stable_id(*map(str, parts)) if archive.reach else ""


def _is_laid(warehouse: Warehouse, key: str) -> bool:
    known = warehouse.value("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'facts_laid'")
    return bool(key) and bool(known) and warehouse.value("SELECT key FROM facts_laid") == key
