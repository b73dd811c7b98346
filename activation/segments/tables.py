"""The lake tables of this room.

A commit is one evaluation instant:

- `bitmaps`: the truth. A segment's members as bits over the commit's population, in blocks of 2^20 profiles;
  `size` counts those of the block. Bits that an earlier commit holds just so aren't written again.
- `population`: the profile ids by their position in the bits, where they differ from an earlier commit's; the
  commit's meta names the one that holds them. Whoever erases a person blanks the id and keeps the row.
- `states`: the segments in force, complete in every commit: which commits hold their bits and members, the
  population that the members' positions are in, and whether they are held (`hold` names the holding,
  `held_count` is what was found).
- `members`: who is in, by position, derived, only for segments whose members changed; `states` says where each
  one's are.
- `history`: one row per change, appended: entered or left, at which evaluation, and why.
- `evaluations`: one row per segment and instant at which it was evaluated, appended. `member_count` are those
  in force, `found_count` those that the definition found; they differ where it was held.

Beside them `definitions/segments` has one row per version of a definition, appended when it is first
evaluated, and `segment_confirmations/confirmations` one row per held audience that somebody let pass.
"""

from __future__ import annotations

import pyarrow as pa

from activation.segments.computation import tables as attributes
from kith.definitions import version_table
from kith.lake import LakeTable

ROOM = "segments"
CONFIRMATION_ROOM = "segment_confirmations"
TIMESTAMP = pa.timestamp("us")

BITMAPS = LakeTable(
    room=ROOM,
    name="bitmaps",
    schema=pa.schema(
        [
            ("segment", pa.string()),
            ("version", pa.string()),
            ("as_of", TIMESTAMP),
            ("size", pa.int64()),
            ("block", pa.int32()),
            ("bits", pa.binary()),
        ]
    ),
)

POPULATION = LakeTable(
    room=ROOM,
    name="population",
    schema=pa.schema([("position", pa.int32()), ("profile_id", pa.string())]),
    people=("profile_id",),
)

STATES = LakeTable(
    room=ROOM,
    name="states",
    schema=pa.schema(
        [
            ("segment", pa.string()),
            ("version", pa.string()),
            ("basis", pa.string()),
            ("as_of", TIMESTAMP),
            ("members_as_of", TIMESTAMP),
            ("member_count", pa.int64()),
            ("bits_commit", pa.string()),
            ("members_commit", pa.string()),
            ("members_population", pa.string()),
            ("hold", pa.string()),
            ("held_since", TIMESTAMP),
            ("held_reason", pa.string()),
            ("held_count", pa.int64()),
        ]
    ),
)

MEMBERS = LakeTable(
    room=ROOM,
    name="members",
    schema=pa.schema([("segment", pa.string()), ("position", pa.int32()), ("entered_at", TIMESTAMP)]),
)

HISTORY = LakeTable(
    room=ROOM,
    name="history",
    schema=pa.schema(
        [
            ("segment", pa.string()),
            ("version", pa.string()),
            ("profile_id", pa.string()),
            ("change", pa.string()),
            ("reason", pa.string()),
            ("at", TIMESTAMP),
        ]
    ),
    people=("profile_id",),
)

EVALUATIONS = LakeTable(
    room=ROOM,
    name="evaluations",
    schema=pa.schema(
        [
            ("segment", pa.string()),
            ("version", pa.string()),
            ("as_of", TIMESTAMP),
            ("member_count", pa.int64()),
            ("found_count", pa.int64()),
            ("held_since", TIMESTAMP),
            ("held_reason", pa.string()),
            ("members_commit", pa.string()),
            ("members_population", pa.string()),
        ]
    ),
)

CONFIRMATIONS = LakeTable(
    room=CONFIRMATION_ROOM,
    name="confirmations",
    schema=pa.schema(
        [
            ("segment", pa.string()),
            ("hold", pa.string()),
            ("found_count", pa.int64()),
            ("confirmed_by", pa.string()),
            ("confirmed_at", TIMESTAMP),
        ]
    ),
)

DEFINITIONS = version_table("segments")

TABLES = [
    BITMAPS, POPULATION, STATES, MEMBERS, HISTORY, EVALUATIONS, CONFIRMATIONS, DEFINITIONS,
    *attributes.TABLES,
]  # fmt: skip
