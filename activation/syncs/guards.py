"""What stops a run before anything is pushed. Each guard answers a sentence, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activation.destinations.contract import REMOVALS, Mode
from activation.syncs.difference import OPERATIONS, Counts
from activation.syncs.grammar import Sync
from activation.syncs.rows_sql import Shape

EMPTY, REMOVAL, DRIFT = "empty_source", "large_removal", "schema_drift"


def drift(sync: Sync, shape: Shape, last: Mapping[str, Any] | None) -> str | None:
    """A column became another kind of column, and nobody changed the definition of it."""
    if last is None:
        return None
    mapped: Mapping[str, str] = last["definition"]
    untouched = {field for field, column in sync.fields.items() if mapped.get(field) == column}
    changes = Shape({field: shape.types[field] for field in untouched}).drift(
        {field: kind for field, kind in last["types"].items() if field in untouched}
    )
    if not changes:
        return None
    return f"{DRIFT}: the columns are not what they were ({', '.join(changes)}); --accept-schema goes on with them"


def empty(sync: Sync, counts: Counts) -> str | None:
    """Nothing in the source where there was something before: a table that failed to load, rather than no customers."""
    if counts.source or sync.guards.may_be_empty:
        return None
    if not counts.held and sync.mode is not Mode.REPLACE:
        return None
    without = f" ({counts.without_key:,} have no key)" if counts.without_key else ""
    return f"{EMPTY}: the source has no rows{without}, the destination holds {counts.held:,} from it"


def removal(sync: Sync, counts: Counts) -> str | None:
    """More would be removed than anybody meant."""
    removes = sync.mode is Mode.REPLACE or bool(REMOVALS & set(OPERATIONS[sync.mode].values()))
    if not removes or counts.gone <= sync.guards.removal_floor:
        return None
    share = counts.gone / max(counts.held, 1)
    if share <= sync.guards.largest_removal:
        return None
    return (
        f"{REMOVAL}: {counts.gone:,} of {counts.held:,} rows ({share:.0%}) would be removed, the definition allows "
        f"{sync.guards.largest_removal:.0%}; --confirm goes on with it"
    )
