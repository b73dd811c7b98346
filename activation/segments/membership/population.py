"""Who the bits are about: a population in order, and the passage from an earlier one to the present.

Between two evaluations people come, vanish and merge. An earlier bit is read through the aliases: who merged
into another profile counts as that profile, and of several that became one it is enough that one was in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from activation.segments.audience import Bits, pack, unpack

Positions = NDArray[np.int64]
NOWHERE = -1


@dataclass(frozen=True)
class Population:
    """`ids` in their order; `aliases` (alias_id, profile_id) lead from earlier ids to these."""

    ids: pa.Array
    aliases: pa.Table

    @property
    def size(self) -> int:
        return len(self.ids)

    def present_ids(self, earlier: pa.Array) -> pa.Array:
        """Earlier ids as what they are now, whether or not such a profile is left."""
        if not self.aliases.num_rows or not len(earlier):
            return earlier
        alias, led_to = (each.combine_chunks() for each in self.aliases.columns)
        place = look_up(earlier, alias)
        if place.null_count == len(place):
            return earlier
        return pc.call_function("if_else", [place.is_valid(), led_to.take(place), earlier])

    def positions(self, ids: pa.Array) -> Positions:
        """Where each id stands; `NOWHERE` for who is no profile."""
        place = pc.fill_null(look_up(ids, self.ids), NOWHERE)
        return place.to_numpy(zero_copy_only=False).astype(np.int64)


@dataclass(frozen=True)
class Passage:
    """Leads bits over an earlier population to the present one.

    `target[i]` is the present position of earlier profile i. `source[j]` is an earlier profile that is now
    profile j, or `earlier_size`; `merged` are the earlier profiles that are not the source of their target, and
    `renamed` those that go by another id now.
    """

    earlier_size: int
    target: Positions
    source: Positions | None
    merged: Positions
    renamed: Positions

    def lead(self, bits: Bits) -> Bits:
        """The same members, over the present population."""
        if self.source is None:
            return bits
        truth = np.append(unpack(bits, self.earlier_size), False)
        moved = np.take(truth, self.source, mode="clip")
        moved[self.target[self.merged[truth[self.merged]]]] = True
        return pack(moved)

    def lost(self, bits: Bits) -> Positions:
        """The earlier positions of members who are no profile any longer."""
        if self.source is None:
            return np.empty(0, np.int64)
        return np.flatnonzero(unpack(bits, self.earlier_size) & (self.target == NOWHERE))


def look_up(ids: pa.Array, among: pa.Array) -> pa.Array:
    """Where each id stands in another array; null for who doesn't."""
    return pc.call_function("index_in", [ids], pc.SetLookupOptions(value_set=among))


def find_passage(earlier: pa.Array, present: Population) -> Passage:
    """The passage from an earlier population's ids."""
    size = len(earlier)
    ids = present.present_ids(earlier)
    if ids is earlier and ids.equals(present.ids):
        none = np.empty(0, np.int64)
        return Passage(size, np.arange(size), None, none, none)
    target = present.positions(ids)
    found = np.flatnonzero(target != NOWHERE)
    source = np.full(present.size, size, np.int64)
    source[target[found]] = found
    merged = found[source[target[found]] != found]
    renamed = np.flatnonzero(pc.call_function("not_equal", [ids, earlier]).to_numpy(zero_copy_only=False))
    return Passage(size, target, source, merged, renamed)
