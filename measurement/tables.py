"""The lake table of this room. One commit is the complete state: readers take the latest commit."""

from __future__ import annotations

import pyarrow as pa

from kith.lake import LakeTable

_ARM_COLUMNS = [
    pa.field(f"{arm}_{part}", kind)
    for arm in ("treated", "holdout")
    for part, kind in (("count", pa.int64()), ("sum", pa.float64()), ("sum_squares", pa.float64()))
]

#: One row per campaign and metric. `lower`/`upper` stay valid however often they are looked at, the `fixed_`
#: pair for one look at a time chosen beforehand. Money metrics count `currency` alone.
LIFT = LakeTable(
    room="measurement",
    name="lift",
    schema=pa.schema(
        [
            ("campaign", pa.string()),
            ("metric", pa.string()),
            ("currency", pa.string()),
            *_ARM_COLUMNS,
            ("treated_mean", pa.float64()),
            ("holdout_mean", pa.float64()),
            ("lift", pa.float64()),
            ("lift_relative", pa.float64()),
            ("lower", pa.float64()),
            ("upper", pa.float64()),
            ("fixed_lower", pa.float64()),
            ("fixed_upper", pa.float64()),
            ("srm_p_value", pa.float64()),
            ("method", pa.string()),
            ("as_of", pa.timestamp("us")),
        ]
    ),
)

TABLES = [LIFT]
