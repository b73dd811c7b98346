"""The lake tables of this room: one commit a tick holds all three, so a half tick is never seen."""

import pyarrow as pa

from activation.contract import OUTBOX_SCHEMA
from kith.lake import LakeTable

_INSTANT = pa.timestamp("us")

TRANSITIONS = LakeTable(
    room="journeys",
    name="transitions",
    schema=pa.schema(
        [
            ("journey", pa.string()),
            ("journey_version", pa.string()),
            ("enrolment_id", pa.string()),
            ("profile_id", pa.string()),
            ("step_id", pa.string()),
            ("kind", pa.string()),  # 'entered' | 'sent' | 'withheld' | 'exited'
            ("at", _INSTANT),  # the exact time at which it fell due, never the time of the run
            ("depth", pa.int64()),  # orders moves of one enrolment at one instant
            ("reason", pa.string()),
            ("as_of", _INSTANT),
        ]
    ),
    people=("profile_id",),
)

ENROLMENTS = LakeTable(
    room="journeys",
    name="enrolments",
    schema=pa.schema(
        [
            ("journey", pa.string()),
            ("journey_version", pa.string()),
            ("enrolment_id", pa.string()),
            ("profile_id", pa.string()),
            ("entry_key", pa.string()),
            ("entered_at", _INSTANT),
            ("is_holdout", pa.bool_()),
            ("segment", pa.string()),
            ("as_of", _INSTANT),
        ]
    ),
    people=("profile_id",),
)

OUTBOX = LakeTable(
    room="journeys",
    name="outbox",
    schema=OUTBOX_SCHEMA,
    people=("profile_id", "address", "identifiers", "variables"),
)

TABLES: list[LakeTable] = [TRANSITIONS, ENROLMENTS, OUTBOX]
