"""When to write to whom: a lake table, filled anew at each scoring."""

from __future__ import annotations

import pyarrow as pa

from kith.lake import LakeTable

SEND_TIMES = LakeTable(
    room="send_times",
    name="send_times",
    schema=pa.schema(
        [
            ("profile_id", pa.string()),
            ("model", pa.string()),
            ("model_version", pa.string()),
            ("as_of", pa.timestamp("us")),
            ("scored_at", pa.timestamp("us")),
            ("time_zone", pa.string()),
            ("is_own_time_zone", pa.bool_()),
            ("best_hour", pa.int64()),
            ("best_weekday", pa.int64()),
            ("channel", pa.string()),
            ("probability", pa.float64()),
            ("population_hour", pa.int64()),
            ("population_probability", pa.float64()),
            ("lift", pa.float64()),
            ("basis", pa.string()),
            ("evidence_count", pa.int64()),
            ("hour_weights", pa.string()),
            ("weekday_weights", pa.string()),
        ]
    ),
    people=("profile_id",),
)
