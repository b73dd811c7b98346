"""The lake tables of this room.

- `members`: who is in, complete in every commit, so readers take the latest (or the last one before a time).
- `history`: one row per change, appended: entered or left, at which evaluation, and why.
- `evaluations`: one row per segment and instant at which it was evaluated, appended.
- `definitions/segments`: one row per version of a definition, appended when it is first evaluated.
"""

from __future__ import annotations

import pyarrow as pa

from activation.segments.computation import tables as attributes
from kith.definitions import version_table
from kith.lake import LakeTable

TIMESTAMP = pa.timestamp("us")

MEMBERS = LakeTable(
    room="segments",
    name="members",
    schema=pa.schema(
        [
            ("segment", pa.string()),
            ("version", pa.string()),
            ("profile_id", pa.string()),
            ("entered_at", TIMESTAMP),
            ("as_of", TIMESTAMP),
        ]
    ),
    people=("profile_id",),
)

HISTORY = LakeTable(
    room="segments",
    name="history",
    schema=pa.schema(
        [
            ("segment", pa.string()),
            ("version", pa.string()),
            ("profile_id", pa.string()),
            ("change", pa.string()),
            ("reason", pa.string()),
            ("at", TIMESTAMP),
        ]
    ),
    people=("profile_id",),
)

EVALUATIONS = LakeTable(
    room="segments",
    name="evaluations",
    schema=pa.schema(
        [
            ("segment", pa.string()),
            ("version", pa.string()),
            ("as_of", TIMESTAMP),
            ("member_count", pa.int64()),
        ]
    ),
)

DEFINITIONS = version_table("segments")

TABLES = [MEMBERS, HISTORY, EVALUATIONS, DEFINITIONS, *attributes.TABLES]
