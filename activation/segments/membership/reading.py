"""Members in force, read from the lake under the ids with which they were evaluated."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from activation.segments.membership.state import State, read_state
from activation.segments.tables import MEMBERS, ROOM
from kith.lake import Home, latest_commit
from kith.settings import Settings


def present_state(settings: Settings) -> State:
    """The state after the last evaluation of all."""
    return read_state(latest_commit(Home(settings.home), ROOM))


def read_members(state: State, segment: str) -> pa.Table:
    """The rows of `members` of one segment; none where it isn't in force."""
    standing = state.standings.get(segment)
    if standing is None:
        return MEMBERS.schema.empty_table()
    file = state.file(standing.members_commit, MEMBERS.name)
    return pq.read_table(file, filters=[("segment", "=", segment)]).cast(MEMBERS.schema)
