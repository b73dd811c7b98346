"""The lake tables of this room: the verdicts on what arrived."""

from __future__ import annotations

import pyarrow as pa

from kith.lake import LakeTable

CHECKS_SCHEMA = pa.schema(
    [
        ("check_id", pa.string()),
        ("batch_id", pa.string()),
        ("source", pa.string()),
        ("check_name", pa.string()),
        ("is_passed", pa.bool_()),
        ("is_blocking", pa.bool_()),
        ("observed", pa.string()),
        ("expected", pa.string()),
        ("rows_in", pa.int64()),
        ("rows_landed", pa.int64()),
        ("rows_set_aside", pa.int64()),
        ("at", pa.timestamp("us")),
    ]
)

FATES_SCHEMA = pa.schema(
    [
        ("fate_id", pa.string()),
        ("batch_id", pa.string()),
        ("source", pa.string()),
        ("fate", pa.string()),
        ("reason", pa.string()),
        ("field", pa.string()),
        ("row_count", pa.int64()),
        ("at", pa.timestamp("us")),
    ]
)

#: `checks`: one row per check of each batch judged; a held batch has landed nothing. `fates`: one row per batch and
#: reason for which rows of it were set aside, or corrected before they landed.
TABLES = [
    LakeTable(room="quality", name="checks", schema=CHECKS_SCHEMA),
    LakeTable(room="quality", name="fates", schema=FATES_SCHEMA),
]
