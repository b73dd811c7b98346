"""Who is in which segment: one bit per profile and segment, whoever evaluated it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Bits = NDArray[np.uint8]


@dataclass(frozen=True)
class Audiences:
    """`profile_ids` in order; `bits[segment]` packs one bit per profile in that order.

    Profile i is bit i % 8 of byte i // 8 (numpy's `packbits` in little order); what lies beyond the last
    profile is clear. So rows of several audiences may be compared and combined as they are.
    """

    profile_ids: pa.Array
    bits: Mapping[str, Bits]

    def positions(self, segment: str) -> NDArray[np.int64]:
        """Where the members stand in `profile_ids`."""
        return np.flatnonzero(unpack(self.bits[segment], len(self.profile_ids)))

    def size(self, segment: str) -> int:
        """How many are in."""
        return count_members(self.bits[segment])

    def members(self, segment: str) -> pa.Array:
        """The profile ids that are in, in order."""
        return self.profile_ids.take(pa.array(self.positions(segment)))


def pack(truth: NDArray[np.bool]) -> Bits:
    """Bits of a boolean per profile."""
    return np.packbits(truth, bitorder="little")


def unpack(bits: Bits, size: int) -> NDArray[np.bool]:
    """A boolean per profile, of so many."""
    return np.unpackbits(bits, count=size, bitorder="little").view(np.bool)


def count_members(bits: Bits) -> int:
    """How many bits are set."""
    return int(np.bitwise_count(bits).sum())
