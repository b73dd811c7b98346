"""The lake tables of recommendations: complete in each commit."""

from __future__ import annotations

import pyarrow as pa

from kith.lake import LakeTable

_MARKS = [("model", pa.string()), ("model_version", pa.string()), ("as_of", pa.timestamp("us"))]
#: The columns that the life cycle fills.
MARKS = tuple(name for name, _ in _MARKS)

#: One row per person and rank. `kind` says how it was found, `because_product_id` which product of theirs spoke for it.
RECOMMENDATIONS = LakeTable(
    room="recommendations",
    name="recommendations",
    schema=pa.schema(
        [
            ("profile_id", pa.string()),
            ("rank", pa.int64()),
            ("product_id", pa.string()),
            ("score", pa.float64()),
            ("kind", pa.string()),
            ("because_product_id", pa.string()),
            ("reason", pa.string()),
            *_MARKS,
        ]
    ),
    people=("profile_id",),
)

#: One row per product, kind of list and rank: what stands beside it.
PRODUCT_RECOMMENDATIONS = LakeTable(
    room="product_recommendations",
    name="product_recommendations",
    schema=pa.schema(
        [
            ("product_id", pa.string()),
            ("kind", pa.string()),
            ("rank", pa.int64()),
            ("recommended_product_id", pa.string()),
            ("score", pa.float64()),
            *_MARKS,
        ]
    ),
)
