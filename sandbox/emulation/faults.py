"""Faults on demand: which call meets which is a hash of the vendor, its count of calls and a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kith.ids import share


class Fault(StrEnum):
    """What may go wrong with one call. The first four are without effect, the rest come after it."""

    THROTTLED = "throttled"  # 429 with Retry-After
    UNAVAILABLE = "unavailable"  # 503 in the vendor's shape, nothing done
    GATEWAY = "gateway"  # 502 with a page of HTML, nothing done
    RESET = "reset"  # the connection is torn down when the request has come
    TIMEOUT = "timeout"  # done, and no answer ever comes
    CUT = "cut"  # done, and the connection is torn down before the answer
    ERROR = "error"  # done, and 500 all the same
    HALF = "half"  # done, and half of the answer comes
    SLOW = "slow"  # done, and the answer comes byte by byte


WITHOUT_EFFECT = frozenset({Fault.THROTTLED, Fault.UNAVAILABLE, Fault.GATEWAY, Fault.RESET})


@dataclass
class Faults:
    """`shares` of calls that meet each fault (they add up to at most 1), the same for the same seed.

    `hold`: seconds that a timeout keeps the line open. `bytes_per_second`: of a slow answer. `retry_after`: what a
    throttled call is told. `met` counts what was injected.
    """

    shares: Mapping[Fault, float] = field(default_factory=dict)
    seed: str = "0"
    hold: float = 60.0
    bytes_per_second: float = 1.0
    retry_after: float = 1.0
    met: Counter[Fault] = field(default_factory=Counter)
    _calls: Counter[str] = field(default_factory=Counter)

    def draw(self, vendor: str) -> Fault | None:
        """What the next call of a vendor meets."""
        self._calls[vendor] += 1
        chance = share(f"{vendor}{self._calls[vendor]}", f"fault{self.seed}")
        for fault, part in self.shares.items():
            if chance < part:
                self.met[fault] += 1
                return fault
            chance -= part
        return None
