"""One channel's queue, sent to the end: claim a batch, and for each hand-over apply what landed, judge,
mark, send, settle.

The result of one hand-over and the mark of the next are written in one transaction, so each message costs one
durable write; a kill at any point leaves at most one hand-over (`capabilities.batch_size`) uncertain.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from activation.channels.contract import Answer, Capabilities, Channel, ChannelDown, Status
from activation.contract import Reason
from activation.delivery.composition import Composer, Draft
from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.counts import Tally
from activation.delivery.facts import LedgerFacts
from activation.delivery.ledger import Claim, Ledger
from activation.delivery.settlement import Claimed, Settled, refuse, settle
from activation.gates import Permission, Refusal, judge_send
from kith.clock import Clock
from kith.log import get_logger

_LOG = get_logger(__name__)
CLAIM_SIZE = 100
# A server that asked to come back later gets a moment before each further try within one run.
QUICK_WAIT_SECONDS = 0.3


class ChannelStopped(Exception):
    """Nothing more can leave by this channel now; its messages stay pending."""


@dataclass
class Handover:
    """A worker's way through one channel's queue. `channel` is opened when first needed."""

    name: str
    worker: str
    provider: str
    capabilities: Capabilities
    channel: Channel
    ledger: Ledger
    feed: ConsentFeed
    composer: Composer
    clock: Clock
    tally: Tally
    wait: Callable[[float], None]
    _answered: list[tuple[Claimed, Answer]] = field(default_factory=list)

    def drain(self) -> None:
        """Send until nothing is due. Raises ChannelStopped; what was claimed then is pending again."""
        while (claim := self._claim()) is not None:
            try:
                self._send_batch(claim)
            finally:
                self._finish(claim)

    def _claim(self) -> Claim | None:
        return self.ledger.claim(self.worker, self.name, CLAIM_SIZE, self.clock.now())

    def _send_batch(self, claim: Claim) -> None:
        if any(item.attempts for item in claim.messages):
            self.wait(QUICK_WAIT_SECONDS)
        for group in _groups(claim.messages, self.capabilities.batch_size):
            self._open()
            self._hand_over(claim, group)
            stop = next((answer for _, answer in self._answered if answer.is_halt), None)
            if stop:
                raise ChannelStopped(f"{self.name}: refused with {stop.detail} ({stop.provider_code})")

    def _open(self) -> None:
        try:
            self.channel.open()
        except ChannelDown as down:
            raise ChannelStopped(f"{self.name}: {down}") from down

    def _hand_over(self, claim: Claim, group: Sequence[Claimed]) -> None:
        drafts = [self.composer.compose(item.message, self.capabilities) for item in group]
        self.feed.catch_up()
        with self.ledger.database.begin() as connection:
            self._write_answers(connection, claim)
            permitted = self._judge(connection, claim, group, drafts)
            marked = self.ledger.mark(connection, claim, [item for item, _, _ in permitted], self.clock.now())
        self._answered.clear()
        if marked:
            requests = [draft.permitted(permission) for _, draft, permission in permitted]
            self._answered = list(zip(marked, self._send(requests), strict=True))

    def _send(self, requests: list) -> list[Answer]:
        """Whatever a channel raises, nobody knows how far it got."""
        try:
            return self.channel.send(requests)
        except Exception:
            _LOG.exception("a channel broke while sending", extra={"channel": self.name})
            return [
                Answer(request.message_id, Status.UNKNOWN, Reason.ANSWER_LOST, "channel_broke")
                for request in requests
            ]

    def _judge(
        self,
        connection: Connection,
        claim: Claim,
        group: Sequence[Claimed],
        drafts: Sequence[Draft | Refusal],
    ) -> list[tuple[Claimed, Draft, Permission]]:
        """The send gate, in the transaction that marks: nothing can come between leave and mark."""
        permitted, facts = [], LedgerFacts(connection)
        for item, draft in zip(group, drafts, strict=True):
            verdict = judge_send(item.message, facts, self.clock.now())
            if isinstance(verdict, Refusal):
                draft = verdict
            if isinstance(draft, Refusal):
                self._settle(connection, claim, item, refuse(item, draft.outcome, draft.reason, draft.detail))
            else:
                permitted.append((item, draft, verdict))
        return permitted

    def _write_answers(self, connection: Connection, claim: Claim) -> None:
        for item, answer in self._answered:
            settled = settle(item, answer, self.capabilities, self.clock.now())
            self._settle(connection, claim, item, settled)

    def _settle(self, connection: Connection, claim: Claim, item: Claimed, settled: Settled) -> None:
        self.ledger.settle(connection, claim, item, settled, self.provider, self.clock.now())
        self.tally.add(settled, item.is_uncertain)

    def _finish(self, claim: Claim) -> None:
        with self.ledger.database.begin() as connection:
            self._write_answers(connection, claim)
            unsure = self.ledger.free(
                connection, claim.claim_id, {self.name: self.capabilities}, self.clock.now()
            )
            self.tally.add_number("uncertain", unsure)
        self._answered.clear()


def _groups(items: Sequence[Claimed], size: int) -> Iterator[Sequence[Claimed]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
