"""Members in force, read from the lake under the ids with which they were evaluated."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from activation.segments.membership.state import State, read_state
from activation.segments.tables import MEMBERS, POPULATION, ROOM, TIMESTAMP
from kith.lake import Home, latest_commit
from kith.settings import Settings

ROWS = pa.schema([("segment", pa.string()), ("profile_id", pa.string()), ("entered_at", TIMESTAMP)])


def present_state(settings: Settings) -> State:
    """The state after the last evaluation of all."""
    return read_state(latest_commit(Home(settings.home), ROOM))


def read_members(state: State, segment: str) -> pa.Table:
    """`segment, profile_id, entered_at` of one segment, by id; none where it isn't in force."""
    standing = state.standings.get(segment)
    if standing is None:
        return ROWS.empty_table()
    file = state.file(standing.members_commit, MEMBERS.name)
    rows = pq.read_table(file, filters=[("segment", "=", segment)])
    people = pq.read_table(state.file(standing.members_population, POPULATION.name), columns=["profile_id"])
    ids = people["profile_id"].take(rows["position"])
    return pa.table([rows["segment"], ids, rows["entered_at"]], schema=ROWS)
