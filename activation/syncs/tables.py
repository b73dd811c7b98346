"""The lake tables of syncs. A commit is one plan, one finished run, or one taking up of refused rows; its meta says
which.

- `plans`: one row per row that a run pushes, in the order of their positions; removals first.
- `outcomes`: one row per planned row: what became of it. Published as `sync_rows`.
- `held`: what changed in what a destination holds from us; the last row of a key counts, a base (meta) begins anew.
"""

from __future__ import annotations

import pyarrow as pa

from kith.definitions import version_table
from kith.lake import LakeTable

ROOM = "syncs"
_TIMESTAMP = pa.timestamp("us")

PLANS = LakeTable(
    room=ROOM,
    name="plans",
    schema=pa.schema(
        [
            ("operation", pa.string()),
            ("row_key", pa.string()),
            ("row_hash", pa.string()),  # md5 hex of the content; NULL for a removal
            ("remote_id", pa.string()),
            ("profile_id", pa.string()),  # where the sync asks for a consent
            ("content", pa.string()),  # JSON object
        ]
    ),
    people=("row_key", "content", "remote_id", "profile_id"),
)

OUTCOMES = LakeTable(
    room=ROOM,
    name="outcomes",
    schema=pa.schema(
        [
            ("sync", pa.string()),
            ("run_id", pa.string()),
            ("position", pa.int64()),
            ("destination", pa.string()),
            ("mode", pa.string()),
            ("operation", pa.string()),
            ("row_key", pa.string()),
            ("outcome", pa.string()),
            ("detail", pa.string()),
            ("provider_code", pa.string()),
            ("remote_id", pa.string()),
            ("attempts", pa.int64()),
            ("is_uncertain", pa.bool_()),
            ("finished_at", _TIMESTAMP),
        ]
    ),
    people=("row_key", "remote_id"),
)

HELD = LakeTable(
    room=ROOM,
    name="held",
    schema=pa.schema(
        [
            ("row_key", pa.string()),
            ("row_hash", pa.string()),  # what the destination holds; NULL where it holds nothing of ours
            ("refused_hash", pa.string()),  # what it wouldn't take: not tried again until it changes
            ("remote_id", pa.string()),
        ]
    ),
    people=("row_key", "remote_id"),
)

DEFINITIONS = version_table("syncs")

TABLES = [PLANS, OUTCOMES, HELD, DEFINITIONS]
