"""One channel's queue in one worker: claims, asks the router who carries what, and keeps what has to wait a moment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from activation.channels.contract import ChannelPlugin
from activation.contract import Outcome, Reason
from activation.delivery.claims import TRANSACTIONAL, Claim, has_due
from activation.delivery.fallback import next_channel
from activation.delivery.handover import Desk, Handover, VendorStopped, passage_of
from activation.delivery.ledger import ClaimLost, Result
from activation.delivery.settlement import Claimed, Settled, put_off, refuse
from activation.delivery.stride import Stride
from activation.delivery.vendor_health import write_tidings
from activation.routing.contract import Held, NextChannel, Routing, Stranded
from kith.log import get_logger

_LOG = get_logger(__name__)
CLAIM_SIZE = 100
# A vendor that asked to come back later gets a moment before each further try within one run.
QUICK_WAIT_SECONDS = 0.3
# What has to wait longer than this goes back to the ledger; what waits less stays in hand.
PATIENCE_SECONDS = 5.0
LONGEST_THROTTLE_SECONDS = 60.0


class ChannelStopped(Exception):
    """Nothing more can leave by this channel now; its messages stay pending."""


@dataclass
class Queue:
    """A worker's way through the messages of one channel."""

    channel: str
    worker: str
    vendors: dict[str, ChannelPlugin]
    router: Routing
    desk: Desk
    wait: Callable[[float], None]
    callback_urls: Mapping[str, str] = field(default_factory=dict)  # by provider
    _handovers: dict[str, Handover] = field(default_factory=dict)
    _stops: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        largest = max(plugin.capabilities.batch_size for plugin in self.vendors.values())
        self._stride = Stride(max(largest, CLAIM_SIZE))

    def step(self) -> bool:
        """Claim a batch and send it; False where nothing is due. Raises ChannelStopped; what was claimed then is
        pending again.
        """
        size, begun = self._stride.size, self.desk.seconds()
        claim = self.desk.ledger.claim(self.worker, self.channel, size, self.desk.clock.now())
        if claim is None:
            return False
        try:
            self._send(claim)
        finally:
            self._finish(claim)
        self._stride.learn(len(claim.messages), self.desk.seconds() - begun)
        return True

    def close(self) -> None:
        for handover in self._handovers.values():
            handover.close()

    def _send(self, claim: Claim) -> None:
        if any(item.attempts for item in claim.messages):
            self.wait(QUICK_WAIT_SECONDS)
        items = {item.message.message_id: item for item in claim.messages}
        left, patience, has_gone = list(claim.messages), PATIENCE_SECONDS, False
        while left:
            passages = [passage_of(item) for item in left]
            plan = self.router.assign(passages, self.desk.clock.now(), self.desk.seconds())
            self._strand(claim, [(items[each.passage.message_id], each) for each in plan.stranded])
            for provider, some in plan.leaving.items():
                has_gone |= self._hand(claim, provider, [items[each.message_id] for each in some])
            left = [items[each.passage.message_id] for each in plan.held]
            if not left:
                return
            moment = self._moment(plan.held, patience)
            if moment is None or self._is_urgent():
                self._put_off(claim, plan.held, items, has_gone)
                return
            if len(left) > self._stride.least:
                return  # too many to keep waiting in hand: they are pending again, and the next claims are small
            self._write(claim)
            self.wait(moment)
            patience -= moment

    def _moment(self, held: Sequence[Held], patience: float) -> float | None:
        """How long to wait for the first of them; None where they had better wait in the ledger."""
        first = min(held, key=lambda each: each.seconds)
        if first.detail == "throttled" and first.seconds <= LONGEST_THROTTLE_SECONDS:
            return min(first.seconds, 1.0)  # nothing else could leave by this vendor meanwhile
        return first.seconds if first.seconds <= patience else None

    def _is_urgent(self) -> bool:
        """Whether something transactional came while bulk messages are waited for."""
        with self.desk.ledger.database.read() as connection:
            return has_due(connection, self.channel, TRANSACTIONAL, self.desk.clock.now())

    def _put_off(
        self, claim: Claim, held: Sequence[Held], items: Mapping[str, Claimed], has_gone: bool
    ) -> None:
        """Back to the ledger, one after the other, so that those of other domains get their turn. Where every vendor
        is out of reach the channel stops instead, and all stays as it was."""
        if all(each.detail == "breaker_open" for each in held):
            if has_gone:
                return
            raise ChannelStopped(
                "; ".join(self._stops.values()) or f"{self.channel}: every vendor failed too often"
            )
        if self._is_urgent():
            return
        now, results = self.desk.clock.now(), []
        for place, each in enumerate(held, start=1):
            # A domain's messages follow one another; what waits for a day or a breaker waits as long as it does.
            turn = place if each.detail == "domain_throttled" else 1
            due_at = now + timedelta(seconds=each.seconds * turn)
            item = items[each.passage.message_id]
            results.append((item, put_off(item, each.reason, each.detail, due_at)))
        self._settle(claim, results)

    def _strand(self, claim: Claim, stranded: Sequence[tuple[Claimed, Stranded]]) -> None:
        """Nobody on this channel will ever carry them: another channel, or the end."""
        if not stranded:
            return
        now = self.desk.clock.now()
        with self.desk.ledger.database.read() as connection:
            results = [
                (
                    item,
                    next_channel(
                        connection, self.desk.composer, item, _ended(item, each), _onward(item, each), now
                    ),
                )
                for item, each in stranded
            ]
        self._settle(claim, results)

    def _settle(self, claim: Claim, results: Sequence[Result]) -> None:
        with self.desk.ledger.database.begin() as connection:
            self.desk.ledger.settle(connection, claim, results, "", self.desk.clock.now())
        for item, settled in results:
            self.desk.tally.add(settled, item.is_uncertain)

    def _write(self, claim: Claim) -> None:
        """What was answered, before a pause."""
        with self.desk.ledger.database.begin() as connection:
            for handover in self._handovers.values():
                handover.write(connection, claim)

    def _finish(self, claim: Claim) -> None:
        """The last answers, and whatever is left is given back, in one transaction."""
        try:
            self._free(claim, self._handovers.values())
        except ClaimLost:
            for handover in self._handovers.values():
                handover.forget()
            self._free(claim, ())
            raise

    def _free(self, claim: Claim, answering: Iterable[Handover]) -> None:
        known = {(self.channel, provider): plugin.capabilities for provider, plugin in self.vendors.items()}
        with self.desk.ledger.database.begin() as connection:
            for handover in answering:
                handover.write(connection, claim)
            unsure = self.desk.ledger.free(connection, claim.claim_id, known, self.desk.clock.now())
            write_tidings(connection, self.router.tidings(), self.desk.clock.now())
        self.desk.tally.add_number("uncertain", unsure)

    def _hand(self, claim: Claim, provider: str, items: Sequence[Claimed]) -> bool:
        """Whether the vendor could be asked at all."""
        try:
            self._handover(provider).send(claim, items)
        except VendorStopped as stop:
            _LOG.error(
                "a vendor stopped", extra={"channel": self.channel, "vendor": provider, "why": str(stop)}
            )
            self._stops[provider] = str(stop)
            self.router.go_down(provider, self.desk.clock.now(), self.desk.seconds())
            return False
        self._stops.pop(provider, None)
        return True

    def _handover(self, provider: str) -> Handover:
        if provider not in self._handovers:
            told = self.callback_urls.get(provider)
            self._handovers[provider] = Handover(self.vendors[provider], self.router, self.desk, told)
        return self._handovers[provider]


def _ended(item: Claimed, stranded: Stranded) -> Settled:
    return refuse(item, Outcome.FAILED, Reason.CHANNEL_UNAVAILABLE, stranded.detail)


def _onward(item: Claimed, stranded: Stranded) -> NextChannel:
    left = replace(item.trail, tried=(), barred=(), left=(*item.trail.left, item.message.channel))
    return NextChannel(left, stranded.channels)
