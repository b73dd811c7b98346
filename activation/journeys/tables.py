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

# One row per version of a campaign, cap or template, when something was first planned under it. `body` is
# JSON: the parsed form, or a template's files by path.
VERSIONS = LakeTable(
    room="journeys",
    name="versions",
    schema=pa.schema(
        [
            ("kind", pa.string()),  # 'campaign' | 'cap' | 'template'
            ("name", pa.string()),
            ("version", pa.string()),
            ("body", pa.string()),
            ("as_of", _INSTANT),
        ]
    ),
)

TABLES: list[LakeTable] = [TRANSITIONS, ENROLMENTS, OUTBOX, VERSIONS]
