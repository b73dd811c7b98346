"""The segments in force beside an audience: how many members each has, and shares with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from activation.segments.audience import Bits
from activation.segments.membership.past import Past
from activation.segments.membership.population import Population as Present
from activation.segments.membership.reading import present_state
from activation.segments.membership.state import State
from activation.segments.store.kept_population import KeptPopulation
from activation.segments.tables import ROOM
from kith.lake import Home, latest_commit
from kith.settings import Settings

WORD = 8


@dataclass(frozen=True)
class InForce:
    """Names in order; a row of bits each over the present population, in whole words, and its members counted."""

    names: tuple[str, ...]
    bits: NDArray[np.uint64]
    sizes: NDArray[np.int64]

    def shared(self, bits: Bits) -> NDArray[np.int64]:
        """How many members of an audience are in each."""
        words = _words(bits)
        return np.fromiter((_count(row & words) for row in self.bits), np.int64, len(self.bits))


def read_in_force(settings: Settings, population: KeptPopulation) -> InForce:
    """As they were last evaluated, read through what merged since; kept for that evaluation."""
    commit, kept = latest_commit(Home(settings.home), ROOM), population.kept
    if commit is None:
        return InForce((), np.zeros((0, 0), np.uint64), np.zeros(0, np.int64))
    name = commit.name
    names = kept.texts(("in force", name), lambda: _names(present_state(settings)))
    bits = kept.array(("bits in force", name), lambda: _bits(present_state(settings), population))
    sizes = kept.array(("sizes in force", name), lambda: np.fromiter(map(_count, bits), np.int64, len(bits)))
    return InForce(tuple(names.to_pylist()), bits, sizes)


def _names(state: State) -> pa.Array:
    return pa.array(sorted(state.standings), pa.string())


def _bits(state: State, population: KeptPopulation) -> NDArray[np.uint64]:
    aliases = population.world.warehouse.arrow("SELECT alias_id, profile_id FROM aliases")
    past = Past(state, Present(population.ids, aliases))
    names = sorted(state.standings)
    past.load(names)
    found = np.zeros((len(names), -(-population.size // (8 * WORD))), np.uint64)
    for row, name in zip(found, names, strict=True):
        row[:] = _words(past.bits(name))
    return found


def _words(bits: Bits) -> NDArray[np.uint64]:
    return np.pad(bits, (0, -len(bits) % WORD)).view(np.uint64)


def _count(words: NDArray[np.uint64]) -> int:
    return int(np.bitwise_count(words).sum())
