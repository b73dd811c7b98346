"""Windows of the past that a model may learn from: over by the cut-off, with a past of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kith.errors import KithError

if TYPE_CHECKING:
    from ml.lifetime.purchases import History

#: Days of shop before a window, without which its people have no history to speak of.
SHORTEST_PAST = 28


def longest_window(history: History, days: int) -> int:
    """The longest window up to `days` that leaves at least half of the history before it."""
    found = min(days, history.length // 2)
    if found < 7:
        raise KithError(f"{history.length} days of history are too few for a window of a week and a past")
    return found


def past_cutoffs(history: History, days: int, most: int) -> list[int]:
    """Up to `most` cut-offs whose `days` ahead are over, the latest first, half a window apart."""
    step = max(days // 2, 7)
    earliest = history.cutoff - history.length + SHORTEST_PAST
    found = list(range(history.cutoff - days, earliest - 1, -step))[:most]
    if not found:
        raise KithError(
            f"{history.length} days of history hold no window of {days} days with {SHORTEST_PAST} days before it",
            where="lifetime value",
        )
    return found
