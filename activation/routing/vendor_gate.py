"""What stands between us and one vendor: its breaker, its bucket, its wish to be left alone, and what it told."""

from dataclasses import dataclass, replace
from datetime import datetime

from activation.channels.contract import Answer, Status
from activation.contract import Reason
from activation.routing.breaker import Breaker
from activation.routing.buckets import Bucket
from activation.routing.contract import Tidings
from activation.routing.failures import is_vendors_fault
from activation.routing.warm_up import Quota


@dataclass
class VendorGate:
    """Of one vendor, in one worker."""

    breaker: Breaker
    bucket: Bucket | None
    told: Tidings
    quota: Quota | None = None
    closed_until: float = 0.0  # as the vendor asked (Retry-After)

    def room(self, now: datetime, at: float) -> tuple[str, float]:
        """Why nothing may pass now, and for how many seconds; an empty word where it may."""
        if self.quota is not None and not self.quota.room(now):
            return "warming_up", self.quota.waits(now)
        if self.breaker.room(at) == 0:
            return "breaker_open", self.breaker.waits(at)
        if at < self.closed_until:
            return "throttled", self.closed_until - at
        if self.bucket is not None and self.bucket.waits(at) > 0:
            return "throttled", self.bucket.waits(at)
        return "", 0.0

    def enter(self, at: float) -> None:
        """One passes."""
        if self.bucket is not None:
            self.bucket.take(1, at)
        if self.quota is not None:
            self.quota.take()
        self.breaker.pass_through(1)

    def hear_taken(self, count: int) -> None:
        """So many were taken, and nothing else was said of them: nearly all answers are like this."""
        if count:
            self.breaker.succeed()
            self.told = replace(self.told, taken=self.told.taken + count)

    def hear(self, answer: Answer, at: float) -> None:
        """Learn from one answer."""
        if answer.retry_after is not None:
            self._close(answer.retry_after, at)
        if answer.is_halt:
            self.breaker.open(at)
        if is_vendors_fault(answer):
            self.breaker.fail(at)
            is_lost = answer.status is Status.UNKNOWN
            lost, refused = self.told.lost + is_lost, self.told.refused + (not is_lost)
            self.told = replace(self.told, lost=lost, refused=refused)
            return
        if answer.reason is not Reason.RATE_LIMITED:
            self.breaker.succeed()
        if answer.status is Status.ACCEPTED:
            self.told = _taken(self.told, answer)

    def _close(self, seconds: float, at: float) -> None:
        self.closed_until = max(self.closed_until, at + seconds)
        if self.bucket is not None:
            self.bucket.drain(self.closed_until)


def is_plain(answer: Answer) -> bool:
    """Taken, and nothing to learn from it but that."""
    return (
        answer.status is Status.ACCEPTED
        and answer.cost is None
        and answer.retry_after is None
        and not answer.is_halt
    )


def _taken(told: Tidings, answer: Answer) -> Tidings:
    """Prices of several currencies can't be added: the first one heard since the last telling counts."""
    told = replace(told, taken=told.taken + 1)
    if answer.cost is None or (told.priced and told.currency != answer.currency):
        return told
    amount = told.amount + float(answer.cost)
    return replace(told, priced=told.priced + 1, amount=amount, currency=answer.currency)
