"""How many messages one claim takes: as many as leave within a moment, so that nothing urgent waits longer than that."""

from dataclasses import dataclass

#: A claim that took less is followed by a larger one, one that took more by a smaller one.
QUICK_SECONDS, SLOW_SECONDS = 0.25, 0.6
LARGEST = 4_000


@dataclass
class Stride:
    """Starts with `least` and comes back to it."""

    least: int

    def __post_init__(self) -> None:
        self.size = self.least

    def learn(self, taken: int, seconds: float) -> None:
        """What the last claim came to. One that was not full says nothing of how many would have been too many."""
        if seconds > SLOW_SECONDS:
            self.size = max(self.least, self.size // 2)
        elif seconds < QUICK_SECONDS and taken >= self.size:
            self.size = max(self.least, min(self.size * 2, LARGEST))
