"""Where the facts of one slice come from: a snapshot, the lake, and who was who at the time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from kith.lake import Commit, Home, LakeTable, commits
from kith.settings import Settings
from kith.snapshot import Snapshot
from kith.times import format_instant, parse_instant
from kith.warehouse import Warehouse, literal

#: Where an interval ends that holds still.
NEVER = 1 << 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROOMS = ("journeys", "reference", "identity")


@dataclass(frozen=True)
class Archive:
    """One slice [begin, end) of microseconds, of a live run or of the past.

    `snapshot`: the run's own, or for the past the latest one (its events and words reach back to the first). `own`: the
    lake that a replay commits into, read besides the home's. `identity`: the commit of the room identity that says
    who is who, see `identity_before`; empty for as the snapshot has it. `without`: journeys whose plans are left
    out, because a backtest plans them anew. `landed_until`: the last commit of the room events that is read, so that
    a history imported since is left out; empty for all. `reach`: the first begin and the last end of the slices
    that will be laid one after the other, so that intervals are laid once for all of them.
    """

    settings: Settings
    snapshot: Snapshot
    begin: int
    end: int
    own: Home | None = None
    identity: str = ""
    without: frozenset[str] = frozenset()
    landed_until: str = ""
    reach: tuple[int, int] | None = None

    @property
    def is_past(self) -> bool:
        """Whether people were others than those of the snapshot."""
        return bool(self.identity) and self.identity != identity_before(self.settings, self.snapshot.as_of)

    @property
    def standing(self) -> Archive:
        """The span for which intervals are laid."""
        begin, end = self.reach or (self.begin, self.end)
        return replace(self, begin=begin, end=end)

    @property
    def home(self) -> Home:
        return Home(self.settings.home)

    @property
    def lateness(self) -> int:
        return self.settings.lateness // timedelta(microseconds=1)

    def attach(self, warehouse: Warehouse) -> None:
        """The snapshot's tables under their plain names, and the rooms of the lake."""
        warehouse.attach_snapshot(self.snapshot)
        warehouse.attach_lake(*ROOMS)

    def files(self, room: str, table: LakeTable) -> str:
        """SQL for all rows of a lake table, a replay's own included, with the `filename` of each: of two commits
        the later one's sorts behind."""
        homes = [self.home, *([self.own] if self.own and commits(self.own, room) else [])]
        patterns = [literal(str(each.lake / room / "*" / f"{table.name}.parquet")) for each in homes]
        return f"read_parquet([{', '.join(patterns)}], filename = true)"

    def evaluated(self, room: str) -> list[Commit]:
        """The commits of a room whose meta tells an `as_of` before the end of the slice, by that instant."""
        known = [*commits(self.home, room), *(commits(self.own, room) if self.own else [])]
        placed = [(evaluated_at(each), each) for each in known if "as_of" in each.meta]
        return [each for at, each in sorted(placed, key=lambda pair: pair[0]) if at < self.end]

    def in_force(self, room: str) -> Commit | None:
        """The scoring in force at the begin of the slice: live runs score between slices."""
        return next(
            (each for each in reversed(self.evaluated(room)) if evaluated_at(each) <= self.begin), None
        )


def evaluated_at(commit: Commit) -> int:
    """The instant that a commit was made for, in microseconds."""
    return microseconds(parse_instant(commit.meta["as_of"]))


def instant(microseconds: int) -> datetime:
    """An aware datetime of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def identity_before(settings: Settings, moment: datetime) -> str:
    """The commit of identity that a run at `moment` went by. Before the first one people are taken as that one knew
    them: nobody decided anything then that a backtest could differ from."""
    known = commits(Home(settings.home), "identity")
    past = [each for each in known if each.meta["as_of"] <= format_instant(moment)]
    return (past or known)[-1 if past else 0].name if known else ""
