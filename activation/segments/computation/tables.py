"""The lake tables of computed attributes. A commit is one evaluation of all of them.

- `values`: one row per value that became another, appended: a state is the last row of each attribute and
  profile. `value` is its text, null where there is none any more (of what is counted: where it is 0).
- `evaluations`: one row per attribute that was evaluated, so the last commit says which there are.
- `definitions/attributes`: one row per version of a definition, appended when it is first evaluated.

Text of a value: an amount with four fractional digits, a boolean as true or false, a date as 2026-05-01, an
instant as 2026-05-01 08:00:00.000000 in UTC.
"""

from __future__ import annotations

import pyarrow as pa

from kith.definitions import version_table
from kith.lake import LakeTable

ROOM = "attributes"
TIMESTAMP = pa.timestamp("us")

VALUES = LakeTable(
    room=ROOM,
    name="values",
    schema=pa.schema(
        [
            ("attribute", pa.string()),
            ("version", pa.string()),
            ("profile_id", pa.string()),
            ("value_type", pa.string()),
            ("value", pa.string()),
            ("as_of", TIMESTAMP),
        ]
    ),
    people=("profile_id", "value"),
)

EVALUATIONS = LakeTable(
    room=ROOM,
    name="evaluations",
    schema=pa.schema(
        [
            ("attribute", pa.string()),
            ("version", pa.string()),
            ("description", pa.string()),
            ("value_type", pa.string()),
            ("default_value", pa.string()),
            ("as_of", TIMESTAMP),
            ("value_count", pa.int64()),
            ("changed_count", pa.int64()),
        ]
    ),
)

DEFINITIONS = version_table(ROOM)

TABLES = [VALUES, EVALUATIONS, DEFINITIONS]
