"""The lake table of this part of the room. Its commits are its own, for those of the room `identity` are
complete states of who is who; a commit is made when any proposal changed.

- `proposals`: one row per pair of identifiers whose traits look like one person's; complete in each commit.
  `known_at` is when the last of those traits landed, `as_of` the run that first proposed the pair so.
"""

from __future__ import annotations

import pyarrow as pa

from kith.lake import LakeTable

PROPOSALS = LakeTable(
    room="matching",
    name="proposals",
    schema=pa.schema(
        [
            ("left_type", pa.string()),
            ("left_value", pa.string()),
            ("right_type", pa.string()),
            ("right_value", pa.string()),
            ("score", pa.float64()),
            ("reason", pa.string()),
            ("model_version", pa.string()),
            ("known_at", pa.timestamp("us")),
            ("as_of", pa.timestamp("us")),
        ]
    ),
    people=("left_value", "right_value"),
)

TABLES = [PROPOSALS]
