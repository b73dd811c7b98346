"""The lake table of lifetime value."""

from __future__ import annotations

import pyarrow as pa

from kith.lake import LakeTable

#: One row per profile and scoring. Amounts are in `currency`, of the `horizon_days` after `as_of`; what the champion
#: doesn't tell of is null (trees know of no counts and of nobody's being there).
LIFETIME_VALUES = LakeTable(
    room="lifetime_values",
    name="lifetime_values",
    schema=pa.schema(
        [
            ("profile_id", pa.string()),
            ("model", pa.string()),
            ("model_version", pa.string()),
            ("as_of", pa.timestamp("us")),
            ("horizon_days", pa.int64()),
            ("value_amount", pa.float64()),
            ("value_low_amount", pa.float64()),
            ("value_high_amount", pa.float64()),
            ("currency", pa.string()),
            ("expected_purchase_count", pa.float64()),
            ("any_purchase_probability", pa.float64()),
            ("alive_probability", pa.float64()),
            ("average_purchase_amount", pa.float64()),
        ]
    ),
    people=("profile_id",),
)
