"""Budgets and throttles over one queue of messages, as arithmetic. The queue is in the order of judging.

A message passes if every pot that counts it has room and every throttle lets it leave in time; then it takes of all of
them. What is refused takes nothing. So what was given out is the sum over what passed: the log alone is the state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

#: Released never: it would leave after its last moment.
NEVER = 1 << 62


@dataclass(frozen=True)
class Pot:
    """A budget in one of its periods. `rows`: the places in the queue that it counts, rising; `prices` what they take;
    `left` what is in it; `is_closed` whether it refused somebody before."""

    rows: np.ndarray
    prices: np.ndarray
    left: int
    is_closed: bool = False


@dataclass(frozen=True)
class Throttle:
    """`rows` as above; `step` microseconds at least between two of them; `first` the earliest instant that is free."""

    rows: np.ndarray
    step: int
    first: int


def spend(size: int, pots: Sequence[Pot]) -> np.ndarray:
    """The pot that refuses each place of the queue, the first of several; -1 where none does.

    The first message for which a pot has too little closes it: from there on it gives nothing.
    """
    import numpy as np

    closed = {number: 0 for number, pot in enumerate(pots) if pot.is_closed}
    alive = np.ones(size, dtype=bool)
    for number in closed:
        alive[pots[number].rows] = False
    while (found := _next_closing(pots, closed, alive)) is not None:
        place, number = found
        closed[number] = place
        rows = pots[number].rows
        alive[rows[rows >= place]] = False
    cause = np.full(size, -1, dtype=np.int16)
    for number in sorted(closed, reverse=True):
        rows = pots[number].rows
        cause[rows[rows >= closed[number]]] = number
    return cause


def _next_closing(pots: Sequence[Pot], closed: dict[int, int], alive: np.ndarray) -> tuple[int, int] | None:
    """The first place at which an open pot has too little, given that all who are alive before it take of theirs."""
    import numpy as np

    found: list[tuple[int, int]] = []
    for number, pot in enumerate(pots):
        if number in closed:
            continue
        takes = alive[pot.rows]
        taken = np.cumsum(np.where(takes, pot.prices, 0))
        short = np.flatnonzero((taken > pot.left) & takes)
        if len(short):
            found.append((int(pot.rows[short[0]]), number))
    return min(found, default=None)


def release(moments: np.ndarray, not_after: np.ndarray, throttles: Sequence[Throttle]) -> np.ndarray:
    """When each place of the queue may leave: at its own moment, or one step after the one before it in each throttle.

    Whoever would leave after `not_after` never does (NEVER) and takes no turn.
    """
    leaves = moments.copy()
    for group in _overlapping(throttles, len(moments)):
        if len(group) > 1 or not _closed_form(leaves, not_after, group[0]):
            _one_by_one(leaves, moments, not_after, group)
    return leaves


def _overlapping(throttles: Sequence[Throttle], size: int) -> list[list[Throttle]]:
    """Throttles that share a message, directly or through others, belong together."""
    import numpy as np

    groups: list[tuple[np.ndarray, list[Throttle]]] = []
    for throttle in throttles:
        if not len(throttle.rows):
            continue
        mine = np.zeros(size, dtype=bool)
        mine[throttle.rows] = True
        apart, joined = [], [throttle]
        for rows, members in groups:
            if (rows & mine).any():
                mine |= rows
                joined = [*members, *joined]
            else:
                apart.append((rows, members))
        groups = [*apart, (mine, joined)]
    return [members for _, members in groups]


def _closed_form(leaves: np.ndarray, not_after: np.ndarray, throttle: Throttle) -> bool:
    """`leave_k = k * step + max over j <= k of (moment_j - j * step)`; holds where nobody is too late."""
    import numpy as np

    rows = throttle.rows
    lag = np.arange(len(rows), dtype=np.int64) * throttle.step
    found = np.maximum(np.maximum.accumulate(leaves[rows] - lag), throttle.first) + lag
    if (found > not_after[rows]).any():
        return False
    leaves[rows] = found
    return True


def _one_by_one(
    leaves: np.ndarray, moments: np.ndarray, not_after: np.ndarray, throttles: Sequence[Throttle]
) -> None:
    """The same where some are refused, or bound by several throttles."""
    import numpy as np

    bound = np.zeros((len(moments), len(throttles)), dtype=bool)
    for number, throttle in enumerate(throttles):
        bound[throttle.rows, number] = True
    rows = np.flatnonzero(bound.any(axis=1))
    free = [each.first for each in throttles]
    steps = [each.step for each in throttles]
    patterns, which = np.unique(bound[rows], axis=0, return_inverse=True)
    members = [np.flatnonzero(pattern).tolist() for pattern in patterns]
    found = []
    for moment, end, pattern in zip(
        moments[rows].tolist(), not_after[rows].tolist(), which.reshape(-1).tolist(), strict=True
    ):
        leave = max(moment, *(free[number] for number in members[pattern]))
        if leave > end:
            found.append(NEVER)
            continue
        found.append(leave)
        for number in members[pattern]:
            free[number] = leave + steps[number]
    leaves[rows] = found
