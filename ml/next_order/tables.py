"""The lake table of next orders."""

from __future__ import annotations

import pyarrow as pa

from kith.lake import LakeTable

#: One row per profile and scoring. `expected_days` counts who may not come within `horizon_days` as coming at their
#: end; the three instants are of the futures in which the order does come within them, null where that can't be.
NEXT_ORDERS = LakeTable(
    room="next_orders",
    name="next_orders",
    schema=pa.schema(
        [
            ("profile_id", pa.string()),
            ("model", pa.string()),
            ("model_version", pa.string()),
            ("as_of", pa.timestamp("us")),
            ("horizon_days", pa.int64()),
            ("expected_days", pa.float64()),
            ("expected_at", pa.timestamp("us")),
            ("expected_low_at", pa.timestamp("us")),
            ("expected_high_at", pa.timestamp("us")),
            ("order_within_30d_probability", pa.float64()),
            ("order_within_horizon_probability", pa.float64()),
        ]
    ),
    people=("profile_id",),
)
