"""The columns of published tables that journeys read."""

from __future__ import annotations

import pyarrow as pa

from kith.events import EVENT_SCHEMA

_INSTANT = pa.timestamp("us")
PROFILES = pa.schema(
    [
        ("profile_id", pa.string()),
        ("user_id", pa.string()),
        ("email", pa.string()),
        ("phone", pa.string()),
        ("first_name", pa.string()),
        ("last_name", pa.string()),
        ("locale", pa.string()),
        ("time_zone", pa.string()),
        ("city", pa.string()),
        ("country", pa.string()),
        ("currency", pa.string()),
        ("favourite_category", pa.string()),
        ("order_count", pa.int64()),
        ("last_order_at", _INSTANT),
    ]
)
IDENTITIES = pa.schema(
    [
        ("identifier_type", pa.string()),
        ("identifier_value", pa.string()),
        ("profile_id", pa.string()),
        ("joined_at", _INSTANT),
    ]
)
ALIASES = pa.schema([("alias_id", pa.string()), ("profile_id", pa.string()), ("since_at", _INSTANT)])
CONSENTS = pa.schema(
    [
        ("profile_id", pa.string()),
        ("purpose", pa.string()),
        ("channel", pa.string()),
        ("is_granted", pa.bool_()),
        ("legal_basis", pa.string()),
        ("evidence", pa.string()),
        ("effective_at", _INSTANT),
    ]
)
CONSENT_HISTORY = pa.schema(
    [
        ("identifier_type", pa.string()),
        ("identifier_value", pa.string()),
        ("purpose", pa.string()),
        ("channel", pa.string()),
        ("is_granted", pa.bool_()),
        ("legal_basis", pa.string()),
        ("evidence", pa.string()),
        ("event_id", pa.string()),
        ("known_from", _INSTANT),
        ("known_to", _INSTANT),
        ("binds_at", _INSTANT),
        ("told_at", _INSTANT),
        ("is_current", pa.bool_()),
    ]
)
TRAITS = pa.schema(
    [
        ("profile_id", pa.string()),
        ("trait", pa.string()),
        ("event_id", pa.string()),
        ("trait_value", pa.string()),
        ("priority", pa.int64()),
        ("valid_from", _INSTANT),
        ("valid_to", _INSTANT),
    ]
)
ADDRESSES = pa.schema(
    [
        *((name, pa.string()) for name in ("profile_id", "channel", "address")),
        *((name, _INSTANT) for name in ("first_seen_at", "last_seen_at", "retired_at")),
        ("is_current", pa.bool_()),
    ]
)
EVENTS = pa.schema([*EVENT_SCHEMA, ("profile_id", pa.string()), ("is_machine", pa.bool_())])
PRODUCTS = pa.schema(
    [
        ("product_id", pa.string()),
        ("name", pa.string()),
        ("category", pa.string()),
        ("price", pa.decimal128(18, 4)),
        ("currency", pa.string()),
        ("url", pa.string()),
        ("image_url", pa.string()),
        ("order_count", pa.int64()),
    ]
)
