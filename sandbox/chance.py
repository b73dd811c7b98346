"""Chance by seed and name. Two draws under the same name are equal, whatever was drawn in between."""

from __future__ import annotations

from hashlib import md5

import numpy as np
from numpy.random import PCG64, Generator

from kith.ids import SEPARATOR


def generator(seed: int, *name: str | int) -> Generator:
    """A generator that depends on the seed and the name alone."""
    text = SEPARATOR.join(str(part) for part in (seed, *name))
    return Generator(PCG64(int.from_bytes(md5(text.encode(), usedforsecurity=False).digest())))


def pick(uniform: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Index into `weights` for each uniform in [0, 1): an inverse of the cumulative share."""
    edges = np.cumsum(weights) / np.sum(weights)
    return np.minimum(np.searchsorted(edges, uniform, side="right"), len(weights) - 1)
