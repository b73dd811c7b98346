"""A delivery worker: takes the outbox into the ledger and sends what is due, until there is nothing left.

At least once, exactly once where the vendor honours a key: see ledger.py for the states and settlement.py
for the policy. Any number of workers may run at once. Starts within a second, so that killing one is cheap.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from activation.channels.contract import Capabilities, ChannelPlugin
from activation.contract import Outcome, Reason
from activation.delivery.composition import Composer
from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.counts import DeliveryCounts, Tally
from activation.delivery.handover import CLAIM_SIZE, ChannelStopped, Handover
from activation.delivery.ledger import ClaimLost, Ledger
from activation.delivery.links import LinkSigner
from activation.delivery.liveness import come_alive
from activation.delivery.outbox import load_outbox
from activation.delivery.schema import LEDGER
from activation.delivery.settlement import refuse
from activation.delivery.template_store import TemplateStore
from activation.delivery.vendors import channels, configured
from kith.clock import Clock
from kith.lake import Home
from kith.log import get_logger
from kith.settings import Settings
from kith.state import StateDatabase

_LOG = get_logger(__name__)
IDLE_SECONDS = 1.0
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
    worker = _Worker(settings, clock, database, wait, Tally())
    try:
        while True:
            worker.work(me.name, me.is_alive)
            if until_empty:
                return worker.tally.counts(worker.pending())
            wait(IDLE_SECONDS)
    finally:
        me.close()
        database.close()


@dataclass
class _Worker:
    settings: Settings
    clock: Clock
    database: StateDatabase
    wait: Wait
    tally: Tally

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.database)
        self.feed = ConsentFeed(self.settings, self.database)

    def work(self, name: str, is_alive: Callable[[str], bool]) -> None:
        now = self.clock.now()
        self.tally.add_number("loaded", load_outbox(self.database, Home(self.settings.home), now))
        self.feed.catch_up_lake()
        self.feed.catch_up()
        found = channels()
        capabilities = {key: next(iter(vendors.values())).capabilities for key, vendors in found.items()}
        for channel in self._waiting(is_alive, capabilities):
            if channel in found:
                self._drain(channel, configured(found[channel])[0], name)
            else:
                self._fail(channel, name)
        self._recover(is_alive, capabilities)

    def pending(self) -> int:
        """How many messages have no outcome yet."""
        with self.database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).where(LEDGER.c.state != "done")) or 0

    def _recover(self, is_alive: Callable[[str], bool], capabilities: dict[str, Capabilities]) -> int:
        count = self.ledger.recover(is_alive, capabilities, self.clock.now())
        self.tally.add_number("uncertain", count)
        return count

    def _waiting(self, is_alive: Callable[[str], bool], capabilities: dict[str, Capabilities]) -> list[str]:
        """The channels that have something due, once dead workers' messages are free again."""
        self._recover(is_alive, capabilities)
        due = sa.select(LEDGER.c.channel).distinct()
        is_due = (LEDGER.c.state == "pending", LEDGER.c.due_at <= self.clock.now())
        with self.database.read() as connection:
            return sorted(connection.scalars(due.where(*is_due)))

    def _drain(self, channel: str, plugin: ChannelPlugin, worker: str) -> None:
        connection = plugin.build()
        composer = Composer(
            TemplateStore(self.settings), LinkSigner(self.settings.secret, self.settings.public_url)
        )
        handover = Handover(
            channel,
            worker,
            plugin.provider,
            plugin.capabilities,
            connection,
            self.ledger,
            self.feed,
            composer,
            self.clock,
            self.tally,
            self.wait,
        )
        try:
            handover.drain()
        except ChannelStopped as stop:
            _LOG.error("delivery stopped", extra={"channel": channel, "why": str(stop)})
            self.tally.stop(str(stop))
        except ClaimLost:
            _LOG.warning("another worker took over", extra={"channel": channel})
        finally:
            connection.close()

    def _fail(self, channel: str, worker: str) -> None:
        """No such channel: said once per message, so that none waits for ever."""
        now = self.clock.now()
        while (claim := self.ledger.claim(worker, channel, CLAIM_SIZE, now)) is not None:
            with self.database.begin() as connection:
                for item in claim.messages:
                    settled = refuse(item, Outcome.FAILED, Reason.CHANNEL_MISCONFIGURED, "no_such_channel")
                    self.ledger.settle(connection, claim, item, settled, "", now)
                    self.tally.add(settled, item.is_uncertain)
                self.ledger.free(connection, claim.claim_id, {}, now)
