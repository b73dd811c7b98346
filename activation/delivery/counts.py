"""What a delivery did, in numbers."""

from collections import Counter
from dataclasses import dataclass

from activation.contract import Outcome
from activation.delivery.settlement import Settled


@dataclass(frozen=True)
class DeliveryCounts:
    """`loaded` messages were new to the ledger; each outcome counts what ended so in this call.

    `deferred`: hand-overs put off. `uncertain`: messages that became uncertain. `pending`: what is left, to
    be tried by a later call. `stopped`: why a channel was left before its queue was empty, '' if none was.
    """

    loaded: int = 0
    accepted: int = 0
    rejected: int = 0
    failed: int = 0
    unknown: int = 0
    suppressed: int = 0
    expired: int = 0
    deferred: int = 0
    uncertain: int = 0
    pending: int = 0
    stopped: str = ""


class Tally:
    """Counts settlements as they are written down."""

    def __init__(self) -> None:
        self._counter: Counter[str] = Counter()
        self._stops: list[str] = []

    def add(self, settled: Settled, was_uncertain: bool) -> None:
        name = "deferred" if settled.outcome is Outcome.PENDING else settled.outcome.value
        self._counter[name] += 1
        self._counter["uncertain"] += settled.is_uncertain and not was_uncertain

    def add_number(self, name: str, number: int) -> None:
        self._counter[name] += number

    def stop(self, why: str) -> None:
        self._stops.append(why)

    def counts(self, pending: int) -> DeliveryCounts:
        return DeliveryCounts(**self._counter, pending=pending, stopped="; ".join(self._stops))
