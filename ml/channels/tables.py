"""Which channel suits whom: a lake table, filled anew at each scoring."""

from __future__ import annotations

import pyarrow as pa

from kith.lake import LakeTable

CHANNEL_AFFINITY = LakeTable(
    room="channel_affinity",
    name="channel_affinity",
    schema=pa.schema(
        [
            ("profile_id", pa.string()),
            ("channel", pa.string()),
            ("model", pa.string()),
            ("model_version", pa.string()),
            ("as_of", pa.timestamp("us")),
            ("scored_at", pa.timestamp("us")),
            ("probability", pa.float64()),
            ("population_probability", pa.float64()),
            ("expected_value", pa.float64()),
            ("cost", pa.float64()),
            ("currency", pa.string()),
            ("rank", pa.int64()),
            ("basis", pa.string()),
            ("evidence_count", pa.int64()),
        ]
    ),
    people=("profile_id",),
)
