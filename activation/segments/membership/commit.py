"""A step as one commit of the lake: bits, population, members, history, evaluations and the state after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from activation.segments.audience import Bits, unpack
from activation.segments.membership.bitmaps import Bitmap, write_bitmaps
from activation.segments.membership.change import CHANGES, REASONS, Change
from activation.segments.membership.past import population_commit, read_population
from activation.segments.membership.rows import MemberFile, RowFile
from activation.segments.membership.state import Standing, State, states_table
from activation.segments.membership.step import HERE, Step
from activation.segments.tables import BITMAPS, EVALUATIONS, HISTORY, MEMBERS, POPULATION, ROOM, STATES
from kith.lake import CommitWriter, Home, commit, read_commit
from kith.times import format_instant, to_utc_naive


def write_step(home: Home, state: State, step: Step) -> State:
    """Commit a step; answers the state after it. An instant that was evaluated before and is as it was makes
    no commit."""
    told = _told(state, step)
    is_changed = step.standings.keys() != state.standings.keys()
    if not told and not is_changed and not any(each.count for each in step.changes.values()):
        return state
    root = home.lake / ROOM
    with commit(home, ROOM, {"as_of": format_instant(step.as_of)}) as writer:
        writing = _Writing(writer, state, step, is_at_home=root == state.root)
        standings = writing.settle()
        writing.write_members(standings)
        writing.write_history()
        writer.write(EVALUATIONS.name, _evaluations(told, step, standings))
        writer.write(STATES.name, states_table(standings.values()))
    return State(root, read_commit(root / writer.name), standings)


@dataclass(frozen=True)
class _Writing:
    """`is_at_home`: the commits that the state names lie beside this one (a replay's don't, so it writes all)."""

    writer: CommitWriter
    state: State
    step: Step
    is_at_home: bool

    def settle(self) -> dict[str, Standing]:
        """Write population and bits; answers the standings with the commits that hold their bits and members."""
        population = self._write_population()
        self.writer.meta["population"] = population
        settled, bitmaps = {}, []
        for name, each in self.step.standings.items():
            kept = self._kept_bits(name, population)
            if kept is None:
                version, as_of = each.version, to_utc_naive(each.members_as_of)
                bitmaps.append(Bitmap(name, version, as_of, self._bits(name)))
            is_own = each.members_commit == HERE or not self.is_at_home
            settled[name] = replace(
                each,
                bits_commit=kept or self.writer.name,
                members_commit=self.writer.name if is_own else each.members_commit,
                members_population=population if is_own else each.members_population,
            )
        write_bitmaps(self.writer.path / f"{BITMAPS.name}.parquet", bitmaps)
        return settled

    def write_members(self, standings: Mapping[str, Standing]) -> None:
        """Who is in, of the segments whose members are to lie in this commit."""
        own = sorted(name for name, each in standings.items() if each.members_commit == self.writer.name)
        file = self.writer.path / f"{MEMBERS.name}.parquet"
        with MemberFile(file) as rows:
            for name in own:
                positions = np.flatnonzero(unpack(self._bits(name), self.step.present.size))
                entered = self._entrances(name, own)
                rows.append(name, positions, entered[positions])

    def write_history(self) -> None:
        """A row per entrance and leave."""
        changes = [each for _, each in sorted(self.step.changes.items()) if each.count]
        lost = [each.lost for each in changes]
        ids = pa.concat_arrays([self.step.present.ids, *lost])
        words = {
            "segment": [each.segment for each in changes],
            "version": [each.version for each in changes],
            "change": CHANGES,
            "reason": REASONS,
        }
        file, place = self.writer.path / f"{HISTORY.name}.parquet", self.step.present.size
        with RowFile(file, HISTORY, ids, words) as rows:
            for code, each in enumerate(changes):
                gone = np.arange(place, place + len(each.lost))
                rows.append(
                    each.count, segment=code, version=code, at=_microseconds(self.step), **_moves(each, gone)
                )
                place += len(each.lost)

    def _entrances(self, name: str, coming: list[str]) -> NDArray[np.int64]:
        """Since when each profile is in, by position: who wasn't before is since now, and of several that became
        one the earliest counts."""
        entered = np.full(self.step.present.size, _microseconds(self.step), np.int64)
        if name in self.step.past.state.standings:
            np.minimum.at(entered, *self.step.past.entrances(name, coming))
        return entered

    def _write_population(self) -> str:
        """The commit that holds the present population, this one if none does."""
        if self.is_at_home and self.state.commit is not None:
            known = population_commit(self.state, self.state.commit.name)
            if read_population(self.state, known).equals(self.step.present.ids):
                return known
        places = np.arange(self.step.present.size, dtype=np.int32)
        people = {"position": places, "profile_id": self.step.present.ids}
        self.writer.write(POPULATION.name, pa.table(people))
        return self.writer.name

    def _kept_bits(self, name: str, population: str) -> str | None:
        """The earlier commit that holds just these bits over just these profiles."""
        before = self.state.standings.get(name)
        if before is None or not self.is_at_home:
            return None
        if name not in self.step.bits:  # not evaluated, or held: as they were, over whatever population
            return before.bits_commit
        is_same = not self.step.changes[name].count
        return (
            before.bits_commit
            if is_same and population_commit(self.state, before.bits_commit) == population
            else None
        )

    def _bits(self, name: str) -> Bits:
        return self.step.bits[name] if name in self.step.bits else self.step.past.bits(name)


def _moves(change: Change, gone: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    is_entered = np.concatenate([change.is_entered, np.zeros(len(gone), bool)])
    return {
        "profile_id": np.concatenate([change.positions, gone]),
        "change": np.where(is_entered, CHANGES.index("entered"), CHANGES.index("left")),
        "reason": np.concatenate([change.reasons, change.lost_reasons]).astype(np.int64),
    }


def _microseconds(step: Step) -> int:
    return int(np.datetime64(to_utc_naive(step.as_of), "us").astype(np.int64))


def _told(state: State, step: Step) -> list[str]:
    """The segments whose evaluation is worth a row: all, but at an instant that was evaluated before only those
    whose answer is another now."""
    return sorted(name for name in step.evaluated if _is_news(state.standings.get(name), step, name))


def _is_news(before: Standing | None, step: Step, name: str) -> bool:
    after = step.standings[name]
    if before is None or before.as_of != step.as_of or before.version != after.version:
        return True
    return before.hold != after.hold or (name in step.changes and step.changes[name].count > 0)


def _evaluations(told: list[str], step: Step, standings: Mapping[str, Standing]) -> pa.Table:
    rows = [
        {
            "segment": name,
            "version": each.version,
            "as_of": to_utc_naive(step.as_of),
            "member_count": each.member_count,
            "found_count": step.evaluated[name],
            "held_since": to_utc_naive(each.hold.since) if each.hold else None,
            "held_reason": each.hold.reason if each.hold else None,
            "members_commit": each.members_commit,
            "members_population": each.members_population,
        }
        for name in told
        for each in [standings[name]]
    ]
    return pa.Table.from_pylist(rows, schema=EVALUATIONS.schema)
