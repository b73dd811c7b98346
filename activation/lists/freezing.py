"""A segment's present members as a list: a static snapshot of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from activation.lists.reading import Entry
from activation.lists.uploading import Upload, Uploaded, publish
from kith.errors import KithError
from kith.lake import Home, latest_commit
from kith.settings import Settings
from kith.times import format_instant, from_utc_naive

ROOM = "segments"


def freeze(settings: Settings, segment: str, name: str, now: datetime) -> Uploaded:
    """Publish the members of the last evaluation as a list; a segment without any can't be kept."""
    latest = latest_commit(Home(settings.home), ROOM)
    if latest is None:
        raise KithError("no segment was evaluated yet", way_out="run 'kith run' first")
    own = [("segment", "=", segment)]
    states = pq.read_table(latest.table("states"), filters=own).to_pylist()
    members = _members(latest.path.parent, segment, states[0]) if states else []
    if not members:
        raise KithError(f"segment '{segment}' has no members", way_out="see 'kith segments list'")
    entries = [Entry(number, each) for number, each in enumerate(members, start=1)]
    as_of = format_instant(from_utc_naive(states[0]["members_as_of"]))
    what = Upload(name, kind="profile_id", source=f"segment {segment} as of {as_of}")
    return publish(settings, entries, what, f"segment {segment}", now)


def _members(room: Path, segment: str, state: Mapping[str, Any]) -> list[str]:
    """Positions lead into the population that the state names."""
    own = [("segment", "=", segment)]
    rows = pq.read_table(room / state["members_commit"] / "members.parquet", filters=own)
    people = pq.read_table(room / state["members_population"] / "population.parquet")
    return people["profile_id"].take(rows["position"]).to_pylist()
