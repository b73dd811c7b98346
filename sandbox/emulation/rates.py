"""How many calls in a second: a bucket of tokens for each name."""

from __future__ import annotations

import time


class Rates:
    """Buckets by name. A full one holds `burst` tokens and fills by `rate` a second."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, name: str, rate: float, burst: float, tokens: float = 1.0) -> float:
        """Take tokens. 0.0 where there were enough, else the seconds after which there will be (nothing taken)."""
        now = time.monotonic()
        held, since = self._buckets.get(name, (burst, now))
        held = min(burst, held + (now - since) * rate)
        enough = held >= tokens
        self._buckets[name] = (held - tokens if enough else held, now)
        return 0.0 if enough else (tokens - held) / rate
