"""What an evaluation changed: who entered and who left each segment, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from activation.segments.audience import Bits
from activation.segments.membership.difference import changed_positions, holds
from activation.segments.membership.past import Past
from activation.segments.membership.population import Population, Positions, look_up
from activation.segments.world import World
from kith.times import to_utc_naive

FIRST, DEFINITION, BEHAVIOUR, TIME = REASONS = ["first", "definition", "behaviour", "time"]
ENTERED, LEFT = CHANGES = ["entered", "left"]


@dataclass(frozen=True)
class Change:
    """Of one segment. `positions` ascend, with `is_entered` beside them; `lost` are the ids of members who left
    as they are no profile any longer. The reasons are places in `REASONS`."""

    segment: str
    version: str
    positions: Positions
    is_entered: NDArray[np.bool]
    reasons: NDArray[np.int8]
    lost: pa.Array
    lost_reasons: NDArray[np.int8]

    @property
    def count(self) -> int:
        return len(self.positions) + len(self.lost)

    @property
    def entered_count(self) -> int:
        return int(self.is_entered.sum())


@dataclass(frozen=True)
class Cause:
    """Why a segment's members change where the profile itself gives no cause; `since` is its last evaluation."""

    is_first: bool
    is_edited: bool
    since: datetime | None


@dataclass
class Comparing:
    """Compares states with what was found, at the instant of a world."""

    world: World
    past: Past
    present: Population
    _behaved: dict[datetime, pa.Array] = field(default_factory=dict)

    def change(self, segment: str, version: str, after: Bits, cause: Cause) -> Change:
        """From the members in force to those that were found."""
        before = self.past.bits(segment)
        positions = changed_positions(before, after)
        lost = pa.array([], pa.string()) if cause.is_first else self.past.lost(segment)
        ids = self.present.ids.take(pa.array(positions))
        return Change(
            segment, version, positions, holds(after, positions), self._reasons(ids, cause), lost,
            self._reasons(lost, cause),
        )  # fmt: skip

    def _reasons(self, ids: pa.Array, cause: Cause) -> NDArray[np.int8]:
        if cause.is_first or cause.is_edited or cause.since is None:
            reason = FIRST if cause.is_first else DEFINITION
            return np.full(len(ids), REASONS.index(reason), np.int8)
        if not len(ids):
            return np.empty(0, np.int8)
        acted = look_up(ids, self._who_behaved(cause.since)).is_valid().to_numpy(zero_copy_only=False)
        return np.where(acted, REASONS.index(BEHAVIOUR), REASONS.index(TIME)).astype(np.int8)

    def _who_behaved(self, since: datetime) -> pa.Array:
        if since not in self._behaved:
            instants: Mapping[str, datetime] = {
                "since": to_utc_naive(since),
                "as_of": to_utc_naive(self.world.as_of),
            }
            rows = self.world.warehouse.arrow(_BEHAVED, instants)
            self._behaved[since] = rows.column(0).combine_chunks()
        return self._behaved[since]


_BEHAVED = """
    SELECT DISTINCT profile_id FROM events
    WHERE effective_at >= CAST($since AS TIMESTAMP) AND effective_at < CAST($as_of AS TIMESTAMP)
        AND profile_id IS NOT NULL
"""
