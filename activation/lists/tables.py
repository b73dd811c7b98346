"""The lake tables of lists. A commit is one upload.

- `uploads`: one row per upload: of which list, whence, until when, and what became of its rows.
- `entries`: one row per identifier of an upload.
"""

from __future__ import annotations

import pyarrow as pa

from kith.lake import LakeTable

ROOM = "lists"
TIMESTAMP = pa.timestamp("us")

UPLOADS = LakeTable(
    room=ROOM,
    name="uploads",
    schema=pa.schema(
        [
            ("upload_id", pa.string()),
            ("list", pa.string()),
            ("mode", pa.string()),
            ("source", pa.string()),
            ("file_name", pa.string()),
            ("published_at", TIMESTAMP),
            ("expires_at", TIMESTAMP),
            ("row_count", pa.int64()),
            ("accepted_count", pa.int64()),
            ("duplicate_count", pa.int64()),
            ("refused_count", pa.int64()),
        ]
    ),
)

ENTRIES = LakeTable(
    room=ROOM,
    name="entries",
    schema=pa.schema(
        [
            ("upload_id", pa.string()),
            ("identifier_type", pa.string()),
            ("identifier_value", pa.string()),
            ("row_number", pa.int64()),
        ]
    ),
    people=("identifier_value",),
)

TABLES = [UPLOADS, ENTRIES]
