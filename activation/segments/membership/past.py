"""What an earlier state looks like from here: its bits over the present population, read through the aliases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from activation.segments.audience import Bits, unpack
from activation.segments.membership.bitmaps import read_bitmaps
from activation.segments.membership.difference import holds
from activation.segments.membership.population import NOWHERE, Passage, Population, Positions, find_passage
from activation.segments.membership.state import State
from kith.lake import read_commit

ROWS = 4_000_000


@dataclass
class Past:
    """Reads each file, and finds each passage, once."""

    state: State
    present: Population
    _places: dict[str, str] = field(default_factory=dict)
    _passages: dict[str, tuple[Passage, pa.Array]] = field(default_factory=dict)
    _entered: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    _led: dict[str, Bits] = field(default_factory=dict)
    _bits: dict[tuple[str, str], Bits] = field(default_factory=dict)

    def load(self, segments: Iterable[str]) -> None:
        """Read the bits of many segments at once, file by file."""
        wanted: dict[str, list[str]] = {}
        for name in segments:
            if (standing := self.state.standings.get(name)) is not None:
                wanted.setdefault(standing.bits_commit, []).append(name)
        for commit, names in wanted.items():
            self._read(commit, names)

    def bits(self, segment: str) -> Bits:
        """Who is in force, over the present population; nobody where it was never evaluated."""
        standing = self.state.standings.get(segment)
        if standing is None:
            return np.zeros(-(-self.present.size // 8), np.uint8)
        if segment not in self._led:
            stored = self._stored(standing.bits_commit, segment)
            self._led[segment] = self._passage(standing.bits_commit)[0].lead(stored)
        return self._led[segment]

    def lost(self, segment: str) -> pa.Array:
        """The ids, as they would be now, of those in force who are no profile any longer."""
        commit = self.state.standings[segment].bits_commit
        passage, ids = self._passage(commit)
        lost = passage.lost(self._stored(commit, segment))
        return self.present.present_ids(ids.take(pa.array(lost))).unique()

    def is_renamed(self, segment: str) -> bool:
        """Whether any of those in force goes by another id since its bits were written."""
        commit = self.state.standings[segment].bits_commit
        return bool(holds(self._stored(commit, segment), self._passage(commit)[0].renamed).any())

    def entrances(self, segment: str, coming: list[str]) -> tuple[Positions, NDArray[np.int64]]:
        """Where those in force stand now, and since when they are in, in microseconds. A place may come twice.

        `coming` are the segments that will be asked for as well, in the order of names: some millions of rows are
        read at a time.
        """
        if segment not in self._entered:
            self._read_entrances(segment, coming)
        entered, commit = self._entered.pop(segment), self.state.standings[segment].members_commit
        target = self._passage(commit)[0].target[self._members(segment)]
        return target[target != NOWHERE], entered[target != NOWHERE]

    def _read_entrances(self, first: str, coming: list[str]) -> None:
        """Of a segment and those to come whose members lie in the same commit, where they stand by name."""
        commit, names, counts = self.state.standings[first].members_commit, [], []
        for name in (each for each in coming if each >= first and each in self.state.standings):
            if self.state.standings[name].members_commit == commit and sum(counts) < ROWS:
                names.append(name)
                counts.append(len(self._members(name)))
        file = self.state.file(commit, "members")
        rows = pq.read_table(file, columns=["entered_at"], filters=[("segment", "in", names)])
        entered = rows["entered_at"].combine_chunks().cast(pa.int64()).to_numpy()
        self._entered = dict(zip(names, np.split(entered, np.cumsum(counts)[:-1]), strict=True))

    def _members(self, segment: str) -> Positions:
        """Positions of the members as they were written."""
        commit = self.state.standings[segment].members_commit
        return np.flatnonzero(unpack(self._stored(commit, segment), self._passage(commit)[0].earlier_size))

    def passage(self, commit: str) -> Passage:
        """From the population of a commit to the present one."""
        return self._passage(commit)[0]

    def _stored(self, commit: str, segment: str) -> Bits:
        if (commit, segment) not in self._bits:
            self._read(commit, [segment])
        return self._bits[commit, segment]

    def _read(self, commit: str, segments: list[str]) -> None:
        found = read_bitmaps(self.state.file(commit, "bitmaps"), segments)
        self._bits |= {(commit, name): bits for name, bits in found.items()}

    def _passage(self, commit: str) -> tuple[Passage, pa.Array]:
        if commit not in self._places:
            self._places[commit] = population_commit(self.state, commit)
        place = self._places[commit]
        if place not in self._passages:
            ids = read_population(self.state, commit)
            self._passages[place] = find_passage(ids, self.present), ids
        return self._passages[place]


def population_commit(state: State, commit: str) -> str:
    """The commit that holds the population of a commit's bits: itself or an earlier one."""
    return str(read_commit(state.root / commit).meta["population"])


def read_population(state: State, commit: str) -> pa.Array:
    """The profile ids of a commit's bits, in their order."""
    file = state.file(population_commit(state, commit), "population")
    return pq.read_table(file)["profile_id"].combine_chunks()
