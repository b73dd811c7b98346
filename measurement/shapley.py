"""Attribution by Shapley values of the game in which channels together turn people into buyers.

L. S. Shapley, "A value for n-person games" (1953). The worth of a set of channels is the share of orders among the
paths that touch no channel outside it; of the empty set, and of one that no path keeps to, it is zero. A channel's
value is its mean contribution over all orders in which channels could join; the values sum to the worth of all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import comb

import numpy as np
from numpy.typing import NDArray

from measurement.paths import ChannelPath, channels_of

#: Sets double with each channel; 16 make 65,536 of them.
MOST_PLAYERS = 16


def shapley_values(paths: Sequence[ChannelPath], most: int = MOST_PLAYERS) -> dict[str, float]:
    """By channel: its value, in orders per path. It may be below zero.

    Exact for up to `most` channels. Beyond, the `most` − 1 channels on the most paths (then by name) play for
    themselves and the rest as one player, whose value its members share evenly.
    """
    player_of = _players(paths, most)
    players = sorted(set(player_of.values()))
    worth = _worth(paths, player_of, players)
    values = dict(zip(players, _values(worth, len(players)), strict=True))
    sizes = Counter(player_of.values())
    return {channel: float(values[player] / sizes[player]) for channel, player in player_of.items()}


def _players(paths: Sequence[ChannelPath], most: int) -> dict[str, int]:
    channels = channels_of(paths)
    if len(channels) <= most:
        return {channel: index for index, channel in enumerate(channels)}
    counts: Counter[str] = Counter()
    for path in paths:
        for channel in set(path.channels):
            counts[channel] += path.conversions + path.abandoned
    ranked = sorted(channels, key=lambda channel: (-counts[channel], channel))
    return {channel: min(index, most - 1) for index, channel in enumerate(ranked)}


def _worth(
    paths: Sequence[ChannelPath], player_of: Mapping[str, int], players: Sequence[int]
) -> NDArray[np.float64]:
    """The worth of each set of players; bit i of its index says that player i is in it."""
    size = 1 << len(players)
    orders, people = np.zeros(size), np.zeros(size)
    for path in paths:
        own = sum(1 << player for player in {player_of[channel] for channel in path.channels})
        orders[own] += path.conversions
        people[own] += path.conversions + path.abandoned
    for player in players:
        for sums in (orders, people):
            halves = sums.reshape(-1, 2, 1 << player)
            halves[:, 1, :] += halves[:, 0, :]
    return np.divide(orders, people, out=np.zeros(size), where=people > 0)


def _values(worth: NDArray[np.float64], count: int) -> list[float]:
    """Σ over sets S without the player of |S|! (n − |S| − 1)! / n! · (worth(S with it) − worth(S))."""
    sets = np.arange(len(worth))
    sizes = np.array([index.bit_count() for index in range(len(worth))])
    found = []
    for player in range(count):
        without = sets[(sets >> player) & 1 == 0]
        weights = np.array([1 / (count * comb(count - 1, size)) for size in range(count)])[sizes[without]]
        found.append(float(np.sum(weights * (worth[without | (1 << player)] - worth[without]))))
    return found
