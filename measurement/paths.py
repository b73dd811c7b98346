"""Paths of channels, summed: all that Markov's and Shapley's attribution need of people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: As the warehouse joins the channels of a path.
ARROW = " > "


@dataclass(frozen=True)
class ChannelPath:
    """A path of one channel or more, and how often it led to an order and to none."""

    channels: tuple[str, ...]
    conversions: int
    abandoned: int

    def __post_init__(self) -> None:
        if not self.channels or self.conversions < 0 or self.abandoned < 0:
            raise ValueError(f"no path: {self}")

    @classmethod
    def parse(cls, path: str, conversions: int, abandoned: int) -> ChannelPath:
        return cls(tuple(path.split(ARROW)), conversions, abandoned)


def channels_of(paths: Iterable[ChannelPath]) -> list[str]:
    """Every channel, by name."""
    return sorted({channel for path in paths for channel in path.channels})


def path_shares(path: ChannelPath, worth: Mapping[str, float]) -> dict[str, float]:
    """How an order of this path is shared among its channels: in proportion to their worth.

    What harms (below zero) earns nothing; where no channel of the path is worth anything, all earn the same.
    """
    kept = {channel: max(worth[channel], 0.0) for channel in sorted(set(path.channels))}
    whole = sum(kept.values())
    return {channel: value / whole if whole > 0 else 1 / len(kept) for channel, value in kept.items()}
