"""Sufficient sums: all that the statistics need of an arm. Rows stay in SQL; sums of parts add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sums:
    """How many people, the sum of their values, and the sum of the squares of those."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def __post_init__(self) -> None:
        if self.count < 0 or self.squares < 0:
            raise ValueError(f"not the sums of any values: {self}")

    @classmethod
    def of(cls, values: Iterable[float]) -> Sums:
        """The sums of one value per person."""
        listed = [float(value) for value in values]
        return cls(len(listed), sum(listed), sum(value * value for value in listed))

    def merge(self, other: Sums) -> Sums:
        """The sums of both groups of people together."""
        return Sums(self.count + other.count, self.total + other.total, self.squares + other.squares)

    @property
    def mean(self) -> float:
        """The mean per person; NaN when there is nobody."""
        return self.total / self.count if self.count else float("nan")

    @property
    def variance(self) -> float:
        """The unbiased sample variance; NaN below two people.

        Computed as (Σx² - (Σx)²/n) / (n - 1): good to about 1e-16 · Σx², which for money per person is far
        below a cent squared; rounding can't make it negative.
        """
        if self.count < 2:
            return float("nan")
        return max(self.squares - self.total * self.total / self.count, 0.0) / (self.count - 1)
