"""Handing messages to one vendor: for each hand-over apply what landed, judge, mark, send, settle.

While one is on its way the next is composed. The results that are there and the next mark are written in one
transaction, so each hand-over costs one durable write; a kill at any point leaves at most those on their way
(`capabilities.batch_size` × `calls_at_once`) uncertain.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic

from sqlalchemy import Connection

from activation.addresses import address_type
from activation.channels.contract import Answer, Channel, ChannelDown, ChannelPlugin, LooksUp, Request
from activation.delivery.claims import Claim
from activation.delivery.composition import Composer, Draft
from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.counts import Tally
from activation.delivery.facts import LedgerFacts
from activation.delivery.fallback import next_channel
from activation.delivery.ledger import Ledger, Result
from activation.delivery.lines import Lines
from activation.delivery.press import Press, Proofs
from activation.delivery.reconciliation import look_up
from activation.delivery.settlement import Claimed, ask_next, give_up, refuse, settle, stops
from activation.gates import Permission, Refusal, judge_send
from activation.routing.contract import NextChannel, NextVendor, Passage, Routing
from kith.clock import Clock

_Permitted = tuple[Claimed, Draft, Permission]


class VendorStopped(Exception):
    """Nothing more can leave by this vendor now; what was not handed to it stays as it was."""


@dataclass
class Desk:
    """What all of a worker's hand-overs share."""

    ledger: Ledger
    feed: ConsentFeed
    composer: Composer
    press: Press
    clock: Clock
    tally: Tally
    seconds: Callable[[], float] = monotonic


@dataclass
class Handover:
    """A worker's way to one vendor. Its lines are opened when first needed, `router` hears every answer."""

    plugin: ChannelPlugin
    router: Routing
    desk: Desk
    callback_url: str | None = None
    _answered: list[tuple[Claimed, Answer]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines = Lines(self.plugin)
        line = self._lines.first()
        self._looks_up = line if isinstance(line, LooksUp) else None

    def send(self, claim: Claim, items: Sequence[Claimed]) -> None:
        """Hand all of them over. Raises VendorStopped. What was answered last is written down by `write`."""
        proofs = self.desk.press.begin([item.message for item in items], self.plugin.capabilities)
        waiting = deque(groups(items, self.plugin.capabilities.batch_size))
        try:
            while waiting:
                group = self._reconciled(claim, waiting.popleft())
                self._hand_over(claim, group, proofs, is_last=not waiting)
            self._land(wait_for_all=True)
        finally:
            proofs.drop()
            self._keep(self._lines.landed(wait_for_all=True))

    def write(self, connection: Connection, claim: Claim) -> None:
        """Write down what was answered and is not written yet."""
        answered, self._answered = self._answered, []
        try:
            self._settle(connection, claim, [self._judged(connection, *each) for each in answered])
        except BaseException:
            self._answered = answered
            raise

    def forget(self) -> None:
        """Another worker has the claim: what was answered is its business."""
        self._answered = []

    def close(self) -> None:
        """Leave politely; never raises."""
        self._lines.close()

    def _hand_over(self, claim: Claim, group: Sequence[Claimed], proofs: Proofs, is_last: bool) -> None:
        messages = [item.message for item in group]
        if not proofs.is_printing:  # else what is on its way has our processor to itself
            proofs.compose(messages)
        line = self._open_line()
        drafts = proofs.take(messages)
        self.desk.feed.catch_up()
        with self.desk.ledger.database.begin() as connection:
            self.write(connection, claim)
            permitted = self._judge(connection, claim, group, drafts)
            marked = self.desk.ledger.mark(
                connection,
                claim,
                [item for item, _, _ in permitted],
                self.plugin.provider,
                [draft.wording.content_hash for _, draft, _ in permitted],
            )
        if marked:
            requests = [self._request(draft, permission) for _, draft, permission in permitted]
            self._lines.launch(line, marked, requests, waits=is_last)

    def _open_line(self) -> Channel:
        """A line that is ready, once one of those on their way has come back if all are."""
        while (line := self._lines.idle()) is None:
            self._land()
        try:
            line.open()
        except ChannelDown as down:
            raise VendorStopped(f"{self.plugin.channel}: {down}") from down
        return line

    def _land(self, wait_for_all: bool = False) -> None:
        """Wait for the first answers, or all. Raises VendorStopped where one says that all would be refused alike."""
        told = self._lines.landed(wait_for_all)
        self._keep(told)
        stop = next((answer for _, answer in told if answer.is_halt), None)
        if stop:
            raise VendorStopped(f"{self.plugin.channel}: refused with {stop.detail} ({stop.provider_code})")

    def _keep(self, told: Sequence[tuple[Claimed, Answer]]) -> None:
        if told:
            self._answered.extend(told)
            answers = [answer for _, answer in told]
            self.router.learn(self.plugin.provider, answers, self.desk.clock.now(), self.desk.seconds())

    def _request(self, draft: Draft, permission: Permission) -> Request:
        return draft.permitted(permission, self.callback_url)

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
        self._keep(self._lines.landed(wait_for_all=True))
        self._open_line()
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
    kind = address_type(message.channel, message.address)
    return Passage(message.message_id, message.channel, message.address, item.trail, kind)


def groups(items: Sequence[Claimed], size: int) -> Iterator[Sequence[Claimed]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _refusal(*said: object) -> Refusal:
    return next(each for each in said if isinstance(each, Refusal))
