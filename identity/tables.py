"""The lake tables of this room. One commit is the complete state, so readers take the latest.

- `identifiers`: one row per identifier (type and value) with the profile that it belongs to.
- `aliases`: one row per profile id that was ever used and is no more; it leads to the present one.
- `conflicts`: one row per pair that was seen together and set aside, since joining it would break a limit.
"""

from __future__ import annotations

import pyarrow as pa

from kith.lake import LakeTable

TIMESTAMP = pa.timestamp("us")

IDENTIFIERS = LakeTable(
    room="identity",
    name="identifiers",
    schema=pa.schema(
        [
            ("identifier_type", pa.string()),
            ("identifier_value", pa.string()),
            ("profile_id", pa.string()),
            ("first_received_at", TIMESTAMP),
        ]
    ),
    people=("identifier_value", "profile_id"),
)

ALIASES = LakeTable(
    room="identity",
    name="aliases",
    schema=pa.schema([("alias_id", pa.string()), ("profile_id", pa.string()), ("since_at", TIMESTAMP)]),
    people=("alias_id", "profile_id"),
)

CONFLICTS = LakeTable(
    room="identity",
    name="conflicts",
    schema=pa.schema(
        [
            ("left_type", pa.string()),
            ("left_value", pa.string()),
            ("right_type", pa.string()),
            ("right_value", pa.string()),
            ("reason", pa.string()),
            ("rule", pa.string()),
            ("first_received_at", TIMESTAMP),
            ("edge_count", pa.int64()),
        ]
    ),
    people=("left_value", "right_value"),
)

TABLES = [IDENTIFIERS, ALIASES, CONFLICTS]
