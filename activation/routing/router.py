"""One worker's router of one channel: chooses, holds back, moves on, and learns from what came back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from activation.channels.contract import Answer
from activation.contract import Reason
from activation.routing.breaker import Breaker
from activation.routing.buckets import Bucket, Limits, unlimited
from activation.routing.contract import (
    Held,
    Kind,
    NextChannel,
    NextVendor,
    Passage,
    Plan,
    Settle,
    Step,
    Stranded,
    Tidings,
    Trail,
)
from activation.routing.domains import domain_limits
from activation.routing.failures import kind_of
from activation.routing.health import Health
from activation.routing.selection import Selection
from activation.routing.table import RoutingTable, Vendor
from activation.routing.vendor_gate import VendorGate, is_plain
from activation.routing.warm_up import Quota, allowance

_IDLE_BUCKETS = 10_000


@dataclass
class _Sorted:
    leaving: dict[str, list[Passage]] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    stranded: list[Stranded] = field(default_factory=list)


class Router:
    """See `contract.Routing`. `limits` gives, for each vendor, further bounds by address (by default its
    domains in the table); `taken_today` the day and how many a vendor took on it;
    `address_types` the kind of identifier that every vendor of the channel writes to, be it set up or not."""

    def __init__(
        self,
        channel: str,
        table: RoutingTable,
        vendors: Sequence[str],
        health: Mapping[str, Health] | None = None,
        limits: Mapping[str, Limits] | None = None,
        address_types: Mapping[str, str] | None = None,
        taken_today: Callable[[str], tuple[date, int]] | None = None,
    ) -> None:
        self._taken_today = taken_today
        self._address_types = dict(address_types or {})
        self.channel, self.table = channel, table.of(vendors)
        self._is_known = bool(vendors)
        self._limits = (
            limits
            if limits is not None
            else {each.vendor: domain_limits(each.domains) for each in self.table.vendors}
        )
        self._domains: dict[tuple[str, str], Bucket] = {}
        self._part = 1.0
        self._gates = {each.vendor: self._gate(each.vendor) for each in self.table.vendors}
        self.know(health or {})

    def know(self, health: Mapping[str, Health]) -> None:
        """What all workers learned so far."""
        self._selection = Selection(self.table, health, self._address_types)

    def share(self, workers: int) -> None:
        """So many workers send at once: each takes that part of every limit."""
        self._part = 1.0 / max(workers, 1)
        for gate in self._gates.values():
            if gate.bucket is not None:
                gate.bucket.part = self._part
        for bucket in self._domains.values():
            bucket.part = self._part

    def assign(self, passages: Sequence[Passage], now: datetime, seconds: float) -> Plan:
        """Who carries which, taking tokens for those that leave. Every passage stands in the plan once."""
        found = _Sorted()
        for passage in passages:
            self._place(passage, now, seconds, found)
        return Plan(found.leaving, found.held, found.stranded)

    def learn(self, vendor: str, answers: Sequence[Answer], now: datetime, seconds: float) -> None:
        """What a hand-over came back with: health, breaker, Retry-After."""
        gate = self._gates.get(vendor)
        if gate is None:
            return
        telling = [answer for answer in answers if not is_plain(answer)]
        gate.hear_taken(len(answers) - len(telling))
        for answer in telling:
            gate.hear(answer, seconds)

    def go_down(self, vendor: str, now: datetime, seconds: float) -> None:
        """The vendor could not be reached: it is left alone for a while. Nothing was handed over."""
        gate = self._gates.get(vendor)
        if gate is not None:
            gate.breaker.open(seconds)
            gate.told = replace(gate.told, refused=gate.told.refused + 1)

    def follow(self, passage: Passage, vendor: str, answer: Answer) -> Step:
        """Where a message goes after this answer. One in doubt stays with the vendor that may have taken it."""
        kind, trail = kind_of(answer), passage.trail
        if kind is Kind.UNKNOWN:
            return Settle(replace(trail, pinned=vendor))
        if kind in (Kind.DONE, Kind.PERMANENT) or trail.pinned:
            return Settle(trail)
        if kind is Kind.CHANNEL:
            return self._leave(trail)
        if kind is Kind.VENDOR:
            barred = replace(trail, barred=(*trail.barred, vendor))
            # Where nobody else is left, it stays possible for this vendor to be asked again, once we put things right.
            return NextVendor(barred) if self._others(passage, barred) else Settle(trail)
        tried = replace(trail, tried=(*trail.tried, vendor))
        is_enough = tried.tried.count(vendor) % self.table.moves_after == 0
        return NextVendor(tried) if is_enough and self._fresh(passage, tried) else Settle(tried)

    def tidings(self) -> Sequence[Tidings]:
        """What was learned since the last call; it is forgotten here."""
        told = []
        for vendor, gate in self._gates.items():
            empty = Tidings(self.channel, vendor)
            if gate.told != empty:
                told.append(gate.told)
                gate.told = empty
        return told

    def _gate(self, vendor: str) -> VendorGate:
        line = next(each for each in self.table.vendors if each.vendor == vendor)
        rule = self.table.breaker
        rate = line.per_second
        bucket = Bucket(rate, line.burst or max(rate, 1.0), self._part) if rate else None
        told = Tidings(self.channel, vendor)
        return VendorGate(Breaker(rule.failures, rule.seconds), bucket, told, self._quota(line))

    def _quota(self, line: Vendor) -> Quota | None:
        if line.warm_up is None:
            return None
        day, taken = self._taken_today(line.vendor) if self._taken_today else (date.min, 0)
        return Quota(allowance(line.warm_up), day, taken)

    def _place(self, passage: Passage, now: datetime, at: float, found: _Sorted) -> None:
        order = self._selection.order(passage, passage.trail)
        if not order:
            found.stranded.append(self._stranded(passage))
            return
        first_hold: Held | None = None
        for each in order:
            why, wait = self._enter(each.vendor, passage, now, at)
            if not why:
                found.leaving.setdefault(each.vendor, []).append(passage)
                return
            reason = Reason.CHANNEL_UNAVAILABLE if why == "breaker_open" else Reason.RATE_LIMITED
            if first_hold is None or wait < first_hold.seconds:
                first_hold = Held(passage, wait, reason, why)
            if why != "breaker_open" and self.table.choose == "cost":
                break  # waiting a moment is cheaper than the next vendor
        if first_hold is not None:
            found.held.append(first_hold)

    def _enter(self, vendor: str, passage: Passage, now: datetime, at: float) -> tuple[str, float]:
        """Take what it needs to pass, all or nothing; else why not, and for how long."""
        gate = self._gates[vendor]
        why, wait = gate.room(now, at)
        if why:
            return why, wait
        limit = self._limits.get(vendor, unlimited)(passage.address)
        if limit is not None:
            bucket = self._domain(vendor, limit.key, limit.per_second, limit.burst)
            if not bucket.take(1, at):
                return limit.detail, bucket.waits(at)
        gate.enter(at)
        return "", 0.0

    def _domain(self, vendor: str, key: str, per_second: float, burst: float) -> Bucket:
        found = self._domains.get((vendor, key))
        if found is None or (found.per_second, found.burst) != (per_second, burst):
            if len(self._domains) >= _IDLE_BUCKETS:
                self._domains.clear()
            found = self._domains[vendor, key] = Bucket(per_second, burst, self._part)
        return found

    def _stranded(self, passage: Passage) -> Stranded:
        if not self._is_known:
            detail = "no_vendor_configured"
        elif passage.trail.pinned:
            detail = "vendor_gone"
        elif not self._selection.writing_to(passage.address_type):
            detail = "no_vendor_for_address"
        elif not self._selection.serving(passage):
            detail = "no_vendor_for_country"
        else:
            detail = "vendors_exhausted"
        channels = () if passage.trail.pinned else self._further(passage.trail)
        return Stranded(passage, detail, channels)

    def _leave(self, trail: Trail) -> Step:
        further = self._further(trail)
        left = replace(trail, tried=(), barred=(), left=(*trail.left, self.channel))
        return NextChannel(left, further) if further else Settle(trail)

    def _further(self, trail: Trail) -> tuple[str, ...]:
        return tuple(each for each in self.table.next_channels if each not in trail.left)

    def _others(self, passage: Passage, trail: Trail) -> bool:
        return bool(self._selection.order(passage, trail))

    def _fresh(self, passage: Passage, trail: Trail) -> bool:
        """Whether somebody is left who put it off less often."""
        most = trail.tried.count(trail.tried[-1])
        order = self._selection.order(passage, trail)
        return any(trail.tried.count(each.vendor) < most for each in order)
