"""Some of a population: a block of neighbours, or whoever is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from activation.segments.audience import Bits, pack, unpack

#: Behaviour is judged for so many profiles at once, whole bytes of bits: the peak is that of one block.
BLOCK = 1 << 21


@dataclass(frozen=True)
class Part:
    """The profiles at `positions` among `total`; at all of them if None."""

    total: int
    positions: NDArray[np.int64] | None = None

    @property
    def size(self) -> int:
        return self.total if self.positions is None else len(self.positions)

    def local(self, positions: NDArray[np.int32]) -> NDArray[np.int32]:
        """Positions in the population as places in the part; -1 (of nobody) where they are not in it."""
        if self.positions is None:
            return positions
        table = np.full(self.total + 1, -1, np.int32)
        table[self.positions] = np.arange(self.size, dtype=np.int32)
        return table[positions]

    def take(self, bits: Bits) -> Bits:
        """Bits of the whole population, as bits of the part."""
        return bits if self.positions is None else pack(unpack(bits, self.total)[self.positions])

    def blocks(self) -> Iterator[tuple[slice, Part]]:
        """The part in blocks, and where their bytes lie in its bits."""
        if self.size <= BLOCK:
            yield slice(None), self
            return
        for start in range(0, self.size, BLOCK):
            end = min(start + BLOCK, self.size)
            own = np.arange(start, end) if self.positions is None else self.positions[start:end]
            yield slice(start // 8, -(-end // 8)), Part(self.total, own)
