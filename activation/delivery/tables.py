"""The lake tables of this room."""

import pyarrow as pa

from activation.gates._landing import WORDS
from kith.lake import LakeTable

# One row per outcome written to the ledger, appended. The row with the greatest `log_seq` of a message is
# its outcome: `kith deliver retry` reopens a message (a row with outcome `pending`), and it then ends anew.
OUTCOMES = LakeTable(
    room="ledger",
    name="outcomes",
    schema=pa.schema(
        [
            ("log_seq", pa.int64()),
            ("message_id", pa.string()),
            ("outcome", pa.string()),
            ("reason", pa.string()),
            ("detail", pa.string()),
            ("channel", pa.string()),
            ("provider", pa.string()),
            ("provider_message_id", pa.string()),
            ("attempt", pa.int64()),
            ("is_uncertain", pa.bool_()),
            ("occurred_at", pa.timestamp("us")),
        ]
    ),
)

TABLES: list[LakeTable] = [OUTCOMES, WORDS]
