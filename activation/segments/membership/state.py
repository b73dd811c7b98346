"""The segments in force after an evaluation, as a commit of the room says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from activation.segments.tables import STATES
from kith.errors import KithError
from kith.lake import Commit
from kith.times import from_utc_naive, to_utc_naive


@dataclass(frozen=True)
class Hold:
    """An audience that is held: since when, why, and how many the definition found at last.

    `name` names the holding itself, so that a confirmation speaks of this one and of no later one.
    """

    name: str
    since: datetime
    reason: str
    count: int


@dataclass(frozen=True)
class Standing:
    """One segment in force.

    `as_of` is its last evaluation and `members_as_of` the one whose members are in force: an earlier one
    while it is held. `basis` is a hash over its version and those of all that it asks for. The commits are
    names of the room's.
    """

    segment: str
    version: str
    basis: str
    as_of: datetime
    members_as_of: datetime
    member_count: int
    bits_commit: str
    members_commit: str
    members_population: str
    hold: Hold | None = None


@dataclass(frozen=True)
class State:
    """All segments in force. `root` is the room's folder, in which the commits' names lead on."""

    root: Path = Path()
    commit: Commit | None = None
    standings: Mapping[str, Standing] = field(default_factory=dict)

    @property
    def as_of(self) -> datetime | None:
        """The instant of the last evaluation, None before the first."""
        return None if self.commit is None else datetime.fromisoformat(self.commit.meta["as_of"])

    def file(self, commit: str, table: str) -> Path:
        """A table of one of the room's commits."""
        return self.root / commit / f"{table}.parquet"


def read_state(commit: Commit | None) -> State:
    """The state that a commit left; before the first commit nothing is in force."""
    if commit is None:
        return State()
    file = commit.table(STATES.name)
    if not file.exists():
        raise KithError(
            "memberships were written by a Kith that kept them otherwise",
            where=str(commit.path),
            expected=file.name,
            way_out=f"move {commit.path.parent} away and run again: every segment is then evaluated as a new one",
        )
    rows = pq.read_table(file).to_pylist()
    standings = {row["segment"]: _standing(row) for row in rows}
    return State(commit.path.parent, commit, standings)


def states_table(standings: Iterable[Standing]) -> pa.Table:
    """The rows of `states`, sorted by segment."""
    rows = [_row(each) for each in sorted(standings, key=lambda each: each.segment)]
    return pa.Table.from_pylist(rows, schema=STATES.schema)


def _standing(row: Mapping[str, Any]) -> Standing:
    hold = None
    if row["hold"]:
        since = from_utc_naive(row["held_since"])
        hold = Hold(row["hold"], since, row["held_reason"], row["held_count"])
    plain = {each.name: row[each.name] for each in fields(Standing) if each.name != "hold"}
    for name in ("as_of", "members_as_of"):
        plain[name] = from_utc_naive(plain[name])
    return Standing(**plain, hold=hold)


def _row(standing: Standing) -> dict[str, Any]:
    row = {**asdict(standing), "hold": None}
    for name in ("as_of", "members_as_of"):
        row[name] = to_utc_naive(row[name])
    if (hold := standing.hold) is not None:
        row |= {"hold": hold.name, "held_since": to_utc_naive(hold.since)}
        row |= {"held_reason": hold.reason, "held_count": hold.count}
    return row
