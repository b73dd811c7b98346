"""The lake tables of this room: one commit a tick holds all of them, so a half tick is never seen."""

import pyarrow as pa

from activation.contract import OUTBOX_SCHEMA
from activation.journeys.controls import CONTROLS
from kith.lake import LakeTable

_INSTANT = pa.timestamp("us")

# One row per move of an enrolment, its entry (out of no node) and its exit (to no node) included.
TRANSITIONS = LakeTable(
    room="journeys",
    name="transitions",
    schema=pa.schema(
        [
            ("journey", pa.string()),
            ("journey_version", pa.string()),
            ("enrolment_id", pa.string()),
            ("profile_id", pa.string()),  # as it was then; profile_aliases lead to the present id
            ("node_id", pa.string()),  # that was left; '' for an entry
            ("step_id", pa.string()),  # of that node
            (
                "label",
                pa.string(),
            ),  # the edge by which it was left, or 'entered', 'goal', 'stopped', 'merged'
            ("to_node_id", pa.string()),  # that was entered; '' for an exit
            ("kind", pa.string()),  # 'entered' | 'moved' | 'exited'
            ("at", _INSTANT),  # the exact time at which it fell due, never the time of the run
            ("depth", pa.int64()),  # numbers the moves of an enrolment from 0
            ("reason", pa.string()),  # of an exit: 'completed' | 'goal' | 'stopped' | 'merged'; else ''
            ("is_late", pa.bool_()),  # an event that arrived late moved it
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
            ("holdout", pa.string()),  # '' | 'journey' | 'global'
            ("segment", pa.string()),  # '' where no segment brought them in
            ("trigger_event_id", pa.string()),  # '' where no event did
            ("is_late", pa.bool_()),
            ("as_of", _INSTANT),
        ]
    ),
    people=("profile_id",),
)

# One row per effect of a step: it comes back as an event of the same id, later than the run that planned it.
EFFECTS = LakeTable(
    room="journeys",
    name="effects",
    schema=pa.schema(
        [
            ("effect_id", pa.string()),
            ("journey", pa.string()),
            ("journey_version", pa.string()),
            ("step_id", pa.string()),
            ("enrolment_id", pa.string()),
            ("profile_id", pa.string()),
            ("what", pa.string()),  # 'event' | 'traits' | 'audience'
            ("payload", pa.string()),  # JSON
            ("at", _INSTANT),
            ("as_of", _INSTANT),
        ]
    ),
    people=("profile_id", "payload"),
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

# One row per launch of a campaign, also of one that let nobody in: it is not launched again.
LAUNCHES = LakeTable(
    room="journeys",
    name="launches",
    schema=pa.schema([("journey", pa.string()), ("at", _INSTANT), ("as_of", _INSTANT)]),
)

TABLES: list[LakeTable] = [TRANSITIONS, ENROLMENTS, OUTBOX, EFFECTS, VERSIONS, LAUNCHES, CONTROLS]
