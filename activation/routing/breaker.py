"""A circuit breaker: a vendor that keeps failing is left alone, then asked with a few, and trusted again when it takes
them. Its times are seconds of a clock that only runs on.
"""

from dataclasses import dataclass

LONGEST_SECONDS = 600.0


@dataclass
class Breaker:
    """Of one vendor, in one worker. `failures` in a row open it for `seconds`; each further opening in a row lasts
    twice as long, ten minutes at most. Once that time is over, `probes` messages may pass at a time until one is
    taken.
    """

    failures: int = 20
    seconds: float = 30.0
    probes: int = 1
    _in_a_row: int = 0
    _openings: int = 0
    _opens_until: float | None = None
    _probing: int = 0

    def room(self, at: float) -> int | None:
        """How many may pass: None where there is no limit."""
        if self._opens_until is None:
            return None
        return 0 if at < self._opens_until else max(self.probes - self._probing, 0)

    def pass_through(self, count: int) -> None:
        """So many are on their way."""
        if self._opens_until is not None:
            self._probing += count

    def waits(self, at: float) -> float:
        """Seconds until somebody may pass; a probe under way is waited for a second."""
        return max((self._opens_until or at) - at, 1.0)

    def succeed(self) -> None:
        """The vendor took one, or refused one for what it was: it works."""
        self._in_a_row = self._openings = self._probing = 0
        self._opens_until = None

    def fail(self, at: float) -> None:
        """One more failure; the last straw opens it, and a failed probe opens it again."""
        self._in_a_row += 1
        if self._opens_until is not None or self._in_a_row >= self.failures:
            self.open(at)

    def open(self, at: float) -> None:
        """Leave the vendor alone from now on (unreachable, our login refused). Failures of messages that left before
        it opened add nothing."""
        if self._opens_until is not None and at < self._opens_until:
            return
        lasts = min(self.seconds * 2**self._openings, LONGEST_SECONDS)
        self._openings += 1
        self._in_a_row = self._probing = 0
        self._opens_until = at + lasts
