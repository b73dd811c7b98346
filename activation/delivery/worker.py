"""A delivery worker: takes the outbox into the ledger and sends what is due, until there is nothing left.

At least once, exactly once where the vendor honours a key: see ledger.py for the states and settlement.py
for the policy. Any number of workers may run at once. Starts within a second, so that killing one is cheap.
"""

import gc
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import monotonic

import sqlalchemy as sa

from activation.contract import Outcome, Reason
from activation.delivery.claims import BULK, TRANSACTIONAL, due_channels, has_due
from activation.delivery.composition import Composer
from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.counts import DeliveryCounts, Tally
from activation.delivery.handover import Desk
from activation.delivery.late_fallback import LateFallback
from activation.delivery.ledger import ClaimLost, Ledger
from activation.delivery.links import LinkSigner
from activation.delivery.liveness import come_alive
from activation.delivery.outbox import load_outbox
from activation.delivery.press import Press
from activation.delivery.queue import CLAIM_SIZE, ChannelStopped, Queue
from activation.delivery.routers import callback_urls, open_router, other_workers
from activation.delivery.schema import LEDGER
from activation.delivery.settlement import refuse
from activation.delivery.template_store import TemplateStore
from activation.delivery.vendors import Vendors, channels, configured, vendor_capabilities
from kith.clock import Clock
from kith.lake import Home
from kith.log import get_logger
from kith.settings import Settings
from kith.state import StateDatabase

_LOG = get_logger(__name__)
IDLE_SECONDS = 1.0
# Messages come and go by the thousand without a cycle among them: looking for one each 700 objects costs a twentieth.
_RARE_COLLECTIONS = (50_000, 20, 20)
Wait = Callable[[float], None]


def deliver(
    settings: Settings, clock: Clock, until_empty: bool = True, wait: Wait = time.sleep
) -> DeliveryCounts:
    """Send everything that is due by `clock`. Answers what happened; a retry due later stays pending.

    `until_empty=False` goes on for ever, looking for new messages each second. `wait` sleeps for so many
    seconds of the wall; it never decides when something is due. A missing setting of a channel that has
    something to send is a KithError before anything is sent.
    """
    database = StateDatabase.open(settings)
    me = come_alive(database, Home(settings.home))
    worker = _Worker(settings, clock, database, wait, Tally(), me.name, me.is_alive)
    thresholds = gc.get_threshold()
    gc.set_threshold(*_RARE_COLLECTIONS)
    try:
        while True:
            worker.work()
            if until_empty:
                return worker.tally.counts(worker.pending())
            wait(IDLE_SECONDS)
    finally:
        gc.set_threshold(*thresholds)
        worker.close()
        me.close()
        database.close()


@dataclass
class _Worker:
    settings: Settings
    clock: Clock
    database: StateDatabase
    wait: Wait
    tally: Tally
    name: str
    is_alive: Callable[[str], bool]
    _channels: Collection[str] = ()
    _next_look: float = 0.0

    def __post_init__(self) -> None:
        self.home = Home(self.settings.home)
        self.ledger = Ledger(self.database)
        signer = LinkSigner(self.settings.secret, self.settings.public_url)
        composer = Composer(TemplateStore(self.settings), signer)
        self.press = Press(self.settings, composer)
        feed = ConsentFeed(self.settings, self.database)
        self.desk = Desk(self.ledger, feed, composer, self.press, self.clock, self.tally)
        self._found, self._capabilities = channels(), vendor_capabilities()
        self.late = LateFallback(self.settings, self.database, composer, self.clock)
        self._queues: dict[str, Queue] = {}

    def work(self) -> None:
        """Take in what is new and send until nothing is due by the clock, or no channel can go on."""
        self.late.look()
        self._look_around()
        self.desk.feed.catch_up_lake()
        self.desk.feed.catch_up()
        stopped: set[str] = set()
        while due := self._most_urgent(stopped) or self._moved_elsewhere(stopped):
            for channel in due:
                if not self._step(channel):
                    stopped.add(channel)
            self._look_around()
        self._recover()

    def close(self) -> None:
        for queue in self._queues.values():
            queue.close()
        self.late.close()
        self.press.close()

    def pending(self) -> int:
        """How many messages have no outcome yet."""
        with self.database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).where(LEDGER.c.state != "done")) or 0

    def _look_around(self) -> None:
        """Once a second: new messages, and those that a dead worker held."""
        if monotonic() < self._next_look:
            return
        self.tally.add_number("loaded", load_outbox(self.database, self.home, self.clock.now()))
        self._recover()
        with self.database.read() as connection:
            self._channels = due_channels(connection)
            workers = 1 + other_workers(connection, self.name)
        for queue in self._queues.values():
            queue.router.share(workers)
        self._next_look = monotonic() + IDLE_SECONDS

    def _recover(self) -> None:
        count = self.ledger.recover(self.is_alive, self._capabilities, self.clock.now())
        self.tally.add_number("uncertain", count)

    def _most_urgent(self, stopped: Collection[str]) -> list[str]:
        """The channels with something due; where anything transactional is due, those alone."""
        now, open_ones = self.clock.now(), [each for each in self._channels if each not in stopped]
        with self.database.read() as connection:
            for lane in (TRANSACTIONAL, BULK):
                due = [channel for channel in open_ones if has_due(connection, channel, lane, now)]
                if due:
                    return due
        return []

    def _moved_elsewhere(self, stopped: Collection[str]) -> list[str]:
        """What fell back to a channel that had nothing due when we last looked: it leaves in this call."""
        self._next_look = 0.0
        self._look_around()
        return self._most_urgent(stopped)

    def _step(self, channel: str) -> bool:
        """One batch; False where the channel is out of action for this call."""
        found = self._found.get(channel)
        if found is None:
            return self._fail(channel)
        try:
            self._queue(channel, found).step()
        except ChannelStopped as stop:
            _LOG.error("delivery stopped", extra={"channel": channel, "why": str(stop)})
            self.tally.stop(str(stop))
            return False
        except ClaimLost:
            _LOG.warning("another worker took over", extra={"channel": channel})
        return True

    def _queue(self, channel: str, vendors: Vendors) -> Queue:
        if channel not in self._queues:
            ready = configured(vendors)
            with self.database.read() as connection:
                router = open_router(self.settings, connection, channel, ready, self.clock.now())
            told = callback_urls(self.settings, ready)
            self._queues[channel] = Queue(channel, self.name, ready, router, self.desk, self.wait, told)
        return self._queues[channel]

    def _fail(self, channel: str) -> bool:
        """No such channel: said once per message, so that none waits for ever."""
        now = self.clock.now()
        claim = self.ledger.claim(self.name, channel, CLAIM_SIZE, now)
        if claim is not None:
            misconfigured = (Outcome.FAILED, Reason.CHANNEL_MISCONFIGURED, "no_such_channel")
            results = [(item, refuse(item, *misconfigured)) for item in claim.messages]
            with self.database.begin() as connection:
                self.ledger.settle(connection, claim, results, "", now)
                self.ledger.free(connection, claim.claim_id, {}, now)
            for item, settled in results:
                self.tally.add(settled, item.is_uncertain)
        return True
