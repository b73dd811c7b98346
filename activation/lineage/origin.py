"""The raw events at the bottom: what brought the person in, and what said yes, as they landed."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from activation.lineage.entry import Entry
from kith.warehouse import Warehouse

_EVENTS = """
    -- Of several copies the one received first, as the warehouse takes it.
    SELECT event_id, type, event, source, batch_id, occurred_at, received_at, effective_at, commit_name
    FROM lake_events_events
    WHERE event_id IN (SELECT unnest($1))
    QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY received_at, commit_name, batch_id) = 1
    ORDER BY effective_at, event_id
"""


def event_entries(warehouse: Warehouse, asked: Collection[str]) -> Iterator[Entry]:
    """Events by their ids, each with the commit that landed it."""
    rows = warehouse.rows(_EVENTS, [sorted(asked)]) if asked else []
    for each in rows:
        detail = {
            "event_id": each["event_id"],
            "source": each["source"],
            "batch_id": each["batch_id"],
            "received_at": each["received_at"],
            "is_late": each["effective_at"] > each["occurred_at"],
        }
        what = each["event"] or each["type"]
        yield Entry("event", what, each["effective_at"], detail, f"lake/events/{each['commit_name']}")
    for missing in sorted(set(asked) - {each["event_id"] for each in rows}):
        yield Entry("event", "not in the lake", None, {"event_id": missing})
