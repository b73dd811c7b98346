"""Attribution by removal effects of a first-order Markov chain over paths of channels.

E. Anderl, I. Becker, F. v. Wangenheim, J. H. Schumann, "Mapping the customer journey", International Journal of
Research in Marketing 33 (2016) 457–474. States are the start, each channel, the order and the end without one;
transitions are counted over all paths, those without an order included, a channel after itself too.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from measurement.paths import ChannelPath, channels_of


def removal_effects(paths: Sequence[ChannelPath]) -> dict[str, float]:
    """By channel: the share (0–1) of all orders that would be lost if whoever comes to it went away instead.

    Zeros where no path leads to an order.
    """
    channels = channels_of(paths)
    moves, orders = _transitions(paths, channels)
    whole = _conversion(moves, orders)
    if not channels or whole <= 0:
        return dict.fromkeys(channels, 0.0)
    effects = {}
    for index, channel in enumerate(channels, 1):
        lost = orders.copy()
        lost[index] = 0.0
        dead = moves.copy()
        dead[index, :] = 0.0
        effects[channel] = min(max(1.0 - _conversion(dead, lost) / whole, 0.0), 1.0)
    return effects


def _transitions(
    paths: Sequence[ChannelPath], channels: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities from the start (0) and the channels (1 …) to each other, and to the order."""
    place = {channel: index for index, channel in enumerate(channels, 1)}
    size = len(channels) + 1
    moves, orders, visits = np.zeros((size, size)), np.zeros(size), np.zeros(size)
    for path in paths:
        count = path.conversions + path.abandoned
        stops = [0, *(place[channel] for channel in path.channels)]
        for here, there in pairwise(stops):
            moves[here, there] += count
        for here in stops:
            visits[here] += count
        orders[stops[-1]] += path.conversions
    seen = np.maximum(visits, 1.0)
    return moves / seen[:, None], orders / seen


def _conversion(moves: NDArray[np.float64], orders: NDArray[np.float64]) -> float:
    """The probability of an order from the start: the first entry of x where x = moves · x + orders.

    Every path ends, so from each state an end can be reached and the equation has one solution.
    """
    return float(np.linalg.solve(np.eye(len(orders)) - moves, orders)[0])
