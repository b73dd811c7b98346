"""Who entered and who left between two bits of one segment: their exclusive or, looked at only where it isn't zero."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from activation.segments.audience import Bits

WORD = 8


def changed_positions(before: Bits, after: Bits) -> NDArray[np.int64]:
    """The positions whose bits differ, in ascending order."""
    whole = len(before) // WORD * WORD
    words = before[:whole].view(np.uint64) ^ after[:whole].view(np.uint64)
    touched = np.flatnonzero(words != 0)
    data = words[touched].view(np.uint8)
    places = np.flatnonzero(data != 0)
    inside = _set_bits(data[places], touched[places >> 3] * WORD + (places & 7))
    rest = before[whole:] ^ after[whole:]
    return np.concatenate([inside, _set_bits(rest, np.arange(whole, len(before)))])


def holds(bits: Bits, positions: NDArray[np.int64]) -> NDArray[np.bool]:
    """Whether the bit is set, by position."""
    return (bits[positions >> 3] >> (positions & 7).astype(np.uint8) & 1).view(np.bool)


def patched(bits: Bits, positions: NDArray[np.int64], truth: NDArray[np.bool]) -> Bits:
    """A copy in which the bits at the ascending positions are those of `truth`."""
    wrong = positions[holds(bits, positions) != truth]
    flipped = bits.copy()
    if len(wrong):
        places = wrong >> 3
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        masks = np.left_shift(np.uint8(1), (wrong & 7).astype(np.uint8))
        flipped[places[starts]] ^= np.bitwise_xor.reduceat(masks, starts)
    return flipped


def _set_bits(data: Bits, places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of set bits in bytes, of which the n-th is the `places[n]`-th of all."""
    found = np.flatnonzero(np.unpackbits(data, bitorder="little").view(np.bool))
    return (places * 8)[found >> 3] + (found & 7)
