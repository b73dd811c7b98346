"""The lake tables of this room.

`identifiers` and `edges` are a base and what came after it: `resolutions` names the commit that holds the base.

- `identifiers`: one row per identifier (type and value) with the profile that it belongs to; the row of the
  latest commit since the base holds. `joined_at` is the time from which it was known to belong with the
  profile's earliest identifier. `identifier_key` and `founder_key` are 63 bits that stand for an identifier
  and for the earliest one of its profile; they join with `edges`.
- `edges`: what events said of a pair since the commit before; the least `first_received_at` and the sum of
  `edge_count` over the commits since the base hold.
- `conflicts`: one row per pair that was seen together and set aside, with the rule; complete in each commit.
- `splits`: one row per pair that somebody took apart or let join again; complete in each commit.
- `rejected`: one row per type and reason for which values named nobody, counted; complete in each commit.
- `resolutions`: one row: what this commit is made of.
"""

from __future__ import annotations

import pyarrow as pa

from identity.matching.tables import PROPOSALS
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
            ("joined_at", TIMESTAMP),
            ("identifier_key", pa.int64()),
            ("founder_key", pa.int64()),
        ]
    ),
    people=("identifier_value", "profile_id", "identifier_key", "founder_key"),
)

EDGES = LakeTable(
    room="identity",
    name="edges",
    schema=pa.schema(
        [
            ("left_key", pa.int64()),
            ("right_key", pa.int64()),
            ("is_left_behind", pa.bool_()),
            ("first_received_at", TIMESTAMP),
            ("edge_count", pa.int64()),
        ]
    ),
    people=("left_key", "right_key"),
)

PAIR = [
    ("left_type", pa.string()),
    ("left_value", pa.string()),
    ("right_type", pa.string()),
    ("right_value", pa.string()),
]

CONFLICTS = LakeTable(
    room="identity",
    name="conflicts",
    schema=pa.schema(
        [
            *PAIR,
            ("reason", pa.string()),
            ("rule", pa.string()),
            ("first_received_at", TIMESTAMP),
            ("edge_count", pa.int64()),
        ]
    ),
    people=("left_value", "right_value"),
)

SPLITS = LakeTable(
    room="identity",
    name="splits",
    schema=pa.schema(
        [
            *PAIR,
            ("is_apart", pa.bool_()),
            ("reason", pa.string()),
            ("effective_at", TIMESTAMP),
            ("received_at", TIMESTAMP),
            ("event_id", pa.string()),
        ]
    ),
    people=("left_value", "right_value", "reason"),
)

REJECTED = LakeTable(
    room="identity",
    name="rejected",
    schema=pa.schema(
        [
            ("identifier_type", pa.string()),
            ("reason", pa.string()),
            ("row_count", pa.int64()),
            ("example", pa.string()),
        ]
    ),
)

RESOLUTIONS = LakeTable(
    room="identity",
    name="resolutions",
    schema=pa.schema(
        [
            ("base_commit", pa.string()),
            ("as_of", TIMESTAMP),
            ("rules_version", pa.string()),
            ("is_full", pa.bool_()),
            ("row_count", pa.int64()),
            ("changed_count", pa.int64()),
            ("identifier_count", pa.int64()),
            ("profile_count", pa.int64()),
            ("conflict_count", pa.int64()),
        ]
    ),
)

TABLES = [IDENTIFIERS, EDGES, CONFLICTS, SPLITS, REJECTED, RESOLUTIONS, PROPOSALS]
