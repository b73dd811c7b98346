"""Handing messages to one vendor: for each hand-over apply what landed, judge, mark, send, settle.

The result of one hand-over and the mark of the next are written in one transaction, so each hand-over costs one
durable write; a kill at any point leaves at most one hand-over (`capabilities.batch_size`) uncertain.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

from sqlalchemy import Connection

from activation.channels.contract import Answer, Channel, ChannelDown, ChannelPlugin, LooksUp, Request, Status
from activation.contract import Reason
from activation.delivery.claims import Claim
from activation.delivery.composition import Composer, Draft
from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.counts import Tally
from activation.delivery.facts import LedgerFacts
from activation.delivery.fallback import next_channel
from activation.delivery.ledger import Ledger, Result
from activation.delivery.reconciliation import look_up
from activation.delivery.settlement import Claimed, ask_next, give_up, refuse, settle, stops
from activation.gates import Permission, Refusal, judge_send
from activation.routing.contract import NextChannel, NextVendor, Passage, Routing
from kith.clock import Clock
from kith.log import get_logger

_LOG = get_logger(__name__)
_Permitted = tuple[Claimed, Draft, Permission]


class VendorStopped(Exception):
    """Nothing more can leave by this vendor now; what was not handed to it stays as it was."""


@dataclass
class Desk:
    """What all of a worker's hand-overs share."""

    ledger: Ledger
    feed: ConsentFeed
    composer: Composer
    clock: Clock
    tally: Tally
    seconds: Callable[[], float] = monotonic


@dataclass
class Handover:
    """A worker's way to one vendor. `connection` is opened when first needed, `router` hears every answer."""

    plugin: ChannelPlugin
    connection: Channel
    router: Routing
    desk: Desk
    callback_url: str | None = None
    _answered: list[tuple[Claimed, Answer]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._looks_up = self.connection if isinstance(self.connection, LooksUp) else None

    def send(self, claim: Claim, items: Sequence[Claimed]) -> None:
        """Hand all of them over. Raises VendorStopped; whatever was answered is written down in any case."""
        try:
            for group in groups(items, self.plugin.capabilities.batch_size):
                self._open()
                self._hand_over(claim, self._reconciled(claim, group))
                self._stop_at_a_halt()
        finally:
            with self.desk.ledger.database.begin() as connection:
                self._write_answers(connection, claim)

    def _open(self) -> None:
        try:
            self.connection.open()
        except ChannelDown as down:
            raise VendorStopped(f"{self.plugin.channel}: {down}") from down

    def _stop_at_a_halt(self) -> None:
        stop = next((answer for _, answer in self._answered if answer.is_halt), None)
        if stop:
            raise VendorStopped(f"{self.plugin.channel}: refused with {stop.detail} ({stop.provider_code})")

    def _hand_over(self, claim: Claim, group: Sequence[Claimed]) -> None:
        drafts = [self.desk.composer.compose(item.message, self.plugin.capabilities) for item in group]
        self.desk.feed.catch_up()
        with self.desk.ledger.database.begin() as connection:
            self._write_answers(connection, claim)
            permitted = self._judge(connection, claim, group, drafts)
            marked = self.desk.ledger.mark(
                connection,
                claim,
                [item for item, _, _ in permitted],
                self.plugin.provider,
                [draft.content_hash for _, draft, _ in permitted],
            )
        if marked:
            answers = self._send([self._request(draft, permission) for _, draft, permission in permitted])
            self._answered = list(zip(marked, answers, strict=True))
            self.router.learn(self.plugin.provider, answers, self.desk.clock.now(), self.desk.seconds())

    def _request(self, draft: Draft, permission: Permission) -> Request:
        return draft.permitted(permission, self.callback_url)

    def _send(self, requests: list[Request]) -> list[Answer]:
        """Whatever a channel raises, nobody knows how far it got."""
        try:
            return self.connection.send(requests)
        except Exception:
            _LOG.exception("a channel broke while sending", extra={"channel": self.plugin.channel})
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
    ) -> list[_Permitted]:
        """The send gate, in the transaction that marks: nothing can come between leave and mark."""
        permitted: list[_Permitted] = []
        refused: list[Result] = []
        facts, now = LedgerFacts(connection, [item.message for item in group]), self.desk.clock.now()
        for item, draft in zip(group, drafts, strict=True):
            verdict = judge_send(item.message, facts, now)
            if isinstance(verdict, Permission) and isinstance(draft, Draft):
                permitted.append((item, draft, verdict))
                continue
            said = _refusal(verdict, draft)
            refused.append((item, refuse(item, said.outcome, said.reason, said.detail)))
        self._settle(connection, claim, refused)
        return permitted

    def _reconciled(self, claim: Claim, group: Sequence[Claimed]) -> Sequence[Claimed]:
        """What may be handed over: those whose answer was lost are looked up where the vendor can be asked, and
        given up where it can't and must not be asked twice."""
        doubtful = [item for item in group if item.trail.pinned]
        if not doubtful:
            return group
        if self._looks_up is None:
            if not stops(self.plugin.capabilities):
                return group
            # One without attempts was taken up again by a person, who knows that it may arrive twice.
            ended: list[Result] = [(item, give_up(item)) for item in doubtful if item.attempts]
            free: list[Claimed] = []
        else:
            now = self.desk.clock.now()
            ended, free = look_up(
                self._looks_up, self.plugin.capabilities, doubtful, self._requests(doubtful), now
            )
        with self.desk.ledger.database.begin() as connection:
            self._settle(connection, claim, ended)
        gone = {item.message.message_id for item, _ in ended}
        known = {item.message.message_id: item for item in free}
        left = [item for item in group if item.message.message_id not in gone]
        return [known.get(item.message.message_id, item) for item in left]

    def _requests(self, items: Sequence[Claimed]) -> list[Request | Refusal]:
        """What would leave now, to ask the vendor about it; the refusal where nothing may."""
        asked: list[Request | Refusal] = []
        with self.desk.ledger.database.read() as connection:
            facts = LedgerFacts(connection, [item.message for item in items])
            for item in items:
                draft = self.desk.composer.compose(item.message, self.plugin.capabilities)
                verdict = judge_send(item.message, facts, self.desk.clock.now())
                if isinstance(draft, Draft) and isinstance(verdict, Permission):
                    asked.append(self._request(draft, verdict))
                else:
                    asked.append(_refusal(verdict, draft))
        return asked

    def _write_answers(self, connection: Connection, claim: Claim) -> None:
        answered, self._answered = self._answered, []
        try:
            self._settle(connection, claim, [self._judged(connection, *each) for each in answered])
        except BaseException:
            self._answered = answered
            raise

    def _judged(self, connection: Connection, item: Claimed, answer: Answer) -> Result:
        """What an answer comes to: the end, another try, another vendor, another channel."""
        now, capabilities = self.desk.clock.now(), self.plugin.capabilities
        step = self.router.follow(passage_of(item), self.plugin.provider, answer)
        if step.trail != item.trail:
            item = replace(item, trail=step.trail)
        settled = settle(item, answer, capabilities, now, self._looks_up is not None)
        if isinstance(step, NextVendor):
            settled = ask_next(item, answer, now)
        elif isinstance(step, NextChannel):
            settled = next_channel(connection, self.desk.composer, item, settled, step, now)
        return item, settled

    def _settle(self, connection: Connection, claim: Claim, results: Sequence[Result]) -> None:
        if not results:
            return
        self.desk.ledger.settle(connection, claim, results, self.plugin.provider, self.desk.clock.now())
        for item, settled in results:
            self.desk.tally.add(settled, item.is_uncertain)


def passage_of(item: Claimed) -> Passage:
    """A message as routing needs to know it."""
    message = item.message
    kind = next((kind for kind, value in message.identifiers if value == message.address), "")
    return Passage(message.message_id, message.channel, message.address, item.trail, kind)


def groups(items: Sequence[Claimed], size: int) -> Iterator[Sequence[Claimed]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _refusal(*said: object) -> Refusal:
    return next(each for each in said if isinstance(each, Refusal))
