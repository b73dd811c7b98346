"""Buckets of tokens: how fast a vendor, or a domain behind it, may be asked. Times are seconds of a clock that only
runs on."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Bucket:
    """Fills by `per_second` up to `burst`; starts full. `part` is this worker's part of both."""

    per_second: float
    burst: float
    part: float = 1.0
    _tokens: float | None = None
    _at: float = 0.0

    def take(self, wanted: int, at: float) -> int:
        """Take as many whole tokens as there are, `wanted` at most."""
        self._fill(at)
        granted = min(wanted, int((self._tokens or 0.0) + 1e-9))
        self._tokens = (self._tokens or 0.0) - granted
        return granted

    def give_back(self, count: int) -> None:
        """Tokens of messages that did not leave after all."""
        self._tokens = min((self._tokens or 0.0) + count, self._most)

    def drain(self, at: float) -> None:
        """No burst for now: the vendor found us too fast."""
        self._fill(at)
        self._tokens = min(self._tokens or 0.0, 1.0)

    def waits(self, at: float) -> float:
        """Seconds until there is a token."""
        self._fill(at)
        lacking = max(1.0 - (self._tokens or 0.0), 0.0)
        rate = self.per_second * self.part
        return lacking / rate

    @property
    def _most(self) -> float:
        """A worker with a small part may still ask for one at a time."""
        return max(self.burst * self.part, 1.0)

    def _fill(self, at: float) -> None:
        since = max(at - self._at, 0.0)
        grown = self._most if self._tokens is None else self._tokens + since * self.per_second * self.part
        self._tokens, self._at = min(grown, self._most), max(at, self._at)


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound of its own for some of a vendor's messages: those with this `key` (a mailbox provider's domain)."""

    key: str
    per_second: float
    burst: float
    detail: str = "domain_throttled"


#: Which further limit binds a message by its address; None where none does.
Limits = Callable[[str], Limit | None]


def unlimited(_address: str) -> Limit | None:
    """No further limits."""
    return None
