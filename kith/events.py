"""The event model: one row is something that happened, in the columns of the Segment spec.

`properties`, `traits` and `context` are JSON text, null where the event had none. All times are UTC.
`effective_at` is stored once as the row lands: it is when the row counts, and is never recomputed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa

from kith.lake.table import LakeTable
from kith.time_zones import TZ_OFFSETS

TIMESTAMP = pa.timestamp("us")

EVENT_TYPES = ("track", "identify", "page", "screen", "group", "alias")

EVENT_SCHEMA = pa.schema(
    [
        ("event_id", pa.string()),
        ("type", pa.string()),
        ("event", pa.string()),
        ("anonymous_id", pa.string()),
        ("user_id", pa.string()),
        ("previous_id", pa.string()),
        ("group_id", pa.string()),
        ("occurred_at", TIMESTAMP),
        ("sent_at", TIMESTAMP),
        ("received_at", TIMESTAMP),
        ("effective_at", TIMESTAMP),
        ("batch_id", pa.string()),
        ("source", pa.string()),
        ("properties", pa.string()),
        ("traits", pa.string()),
        ("context", pa.string()),
    ]
)

EVENT_TABLE = LakeTable(
    room="events",
    name="events",
    schema=EVENT_SCHEMA,
    people=("anonymous_id", "user_id", "previous_id", "properties", "traits", "context"),
    partition="received_on",
)
TABLES = [EVENT_TABLE, TZ_OFFSETS]  # those of the kernel


def effective_at(occurred_at: datetime, received_at: datetime, lateness: timedelta) -> datetime:
    """When a row counts: when it happened if it arrived within L of that, else when we learned of it."""
    on_time = occurred_at <= received_at <= occurred_at + lateness
    return occurred_at if on_time else received_at


def corrected_occurred_at(original: datetime | None, sent: datetime | None, received: datetime) -> datetime:
    """The Segment spec's correction of a client's clock: received − (sent − original)."""
    if original is None:
        return received
    return received - (sent - original) if sent is not None else original
