"""One campaign's assignments with what people do drawn again and again, by the chances that the simulator hides.

Each evening of the window the interval of that day is computed from all who are in, results still coming in. A
campaign errs if the truth lies outside of any evening's interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from measurement.intervals import Interval, confidence_sequence
from measurement.sums import Sums

Reader = Callable[[Sums, Sums], Interval | None]


def always_valid(treated: Sums, holdout: Sums) -> Interval | None:
    """The interval that campaigns are told by."""
    return confidence_sequence(treated, holdout, is_rate=True)


@dataclass(frozen=True)
class Assignments:
    """One row per person of a campaign (n): whether held out, the chance of a conversion without a message, and what
    the message adds to it."""

    is_held: np.ndarray
    base: np.ndarray
    effect: np.ndarray
    days: int = 7

    @property
    def truth(self) -> float:
        """What the message adds, the mean over everybody assigned."""
        return float(self.effect.mean())

    def without_effect(self) -> Assignments:
        """The same people and an A/A test."""
        return Assignments(self.is_held, self.base, np.zeros(len(self.base)), self.days)

    def missed(self, draws: int, seed: int, read: Reader = always_valid) -> float:
        """The share of draws in which some evening's interval left the truth out. What converts by an evening is that
        evening's truth, so it is the effect's share that has come in by then."""
        chance, wrong = np.random.default_rng(seed), 0
        rate = self.base + np.where(self.is_held, 0.0, self.effect)
        counts = int((~self.is_held).sum()), int(self.is_held.sum())
        for _ in range(draws):
            converts = chance.random(len(rate)) < rate
            on = chance.integers(0, self.days, len(rate))
            sides = [
                np.bincount(on[converts & side], minlength=self.days).cumsum()
                for side in (~self.is_held, self.is_held)
            ]
            wrong += any(
                _misses(
                    read, counts, (int(sides[0][day]), int(sides[1][day])), self.truth * (day + 1) / self.days
                )
                for day in range(self.days)
            )
        return wrong / draws


def _misses(read: Reader, counts: tuple[int, int], converted: tuple[int, int], truth: float) -> bool:
    arms = [Sums(count, total, total) for count, total in zip(counts, converted, strict=True)]
    found = read(*arms)
    return found is not None and not found.lower <= truth <= found.upper


def bound(draws: int, alpha: float = 0.05) -> float:
    """What a share of `alpha` may come to in so many draws, but for one time in forty."""
    return alpha + 2 * (alpha * (1 - alpha) / draws) ** 0.5
