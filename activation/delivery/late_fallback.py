"""What a vendor took and nobody got: taken back after a while, and sent by the next channel.

The vendor is told first, and the message waits a moment on its next channel: should it have been delivered all the same,
the receipt ends it there (evidence.py), and nothing leaves. A crash between the two tells the vendor again, which harms
nothing; the ledger moves a message once, from `accepted` on the channel that it left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from activation.channels.contract import Channel, ChannelDown, Revokes, Status
from activation.contract import Outcome, PlannedMessage
from activation.delivery.composition import Composer
from activation.delivery.consent_feed import read_cursor, write_cursor
from activation.delivery.fallback import ready_on
from activation.delivery.receipt_tables import RECEIPTS
from activation.delivery.schema import LEDGER, LEDGER_LOG
from activation.delivery.vendors import channels
from activation.routing.contract import trail_of
from activation.routing.table import RoutingTable, table_of
from kith.clock import Clock
from kith.durable import exclusive
from kith.lake import Home
from kith.log import get_logger
from kith.settings import Settings
from kith.state import StateDatabase

_LOG = get_logger(__name__)
#: How long a receipt may be on its way after the vendor was told.
GRACE = timedelta(seconds=60)
DETAIL = "undelivered"
REACHED = (Status.DELIVERED, Status.OPENED, Status.CLICKED, Status.REPLIED)
_CURSOR, _LOOKED_AT = "late", 20_000


@dataclass
class LateFallback:
    """One worker's. Only one at a time looks, whichever of them that is."""

    settings: Settings
    database: StateDatabase
    composer: Composer
    clock: Clock
    _connections: dict[tuple[str, str], Channel] = field(default_factory=dict)

    @cached_property
    def tables(self) -> dict[str, RoutingTable]:
        """The channels that don't wait for ever."""
        found = {channel: table_of(self.settings, channel) for channel in channels()}
        return {channel: table for channel, table in found.items() if table.undelivered_after}

    def look(self) -> int:
        """Move on what is late by now; answers how many. What can't be taken back now is looked at again."""
        count = 0
        for channel, table in self.tables.items():
            with exclusive(Home(self.settings.home).locks / f"late-{channel}"):
                count += self._look(channel, table)
        return count

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()

    def _look(self, channel: str, table: RoutingTable) -> int:
        until, moved = self.clock.now() - (table.undelivered_after or GRACE), 0
        while stretch := self._stretch(channel, until):
            for entry in self._accepted(channel, stretch):
                try:
                    moved += self._move(entry, table)
                except ChannelDown as down:
                    _LOG.warning("late messages wait", extra={"channel": channel, "why": str(down)})
                    self._go_on_from(channel, entry.log_seq - 1)
                    return moved
            self._go_on_from(channel, stretch.stop - 1)
        return moved

    def _stretch(self, channel: str, until: datetime) -> range:
        """The next piece of the log, every entry of it old enough; empty where the next one is not. The log is long and
        most of it is of other channels: it is gone through by the database, and once."""
        log = LEDGER_LOG.c
        with self.database.read() as connection:
            last = int(read_cursor(connection, f"{_CURSOR} {channel}") or 0)
            end = connection.scalar(
                sa.select(sa.func.max(log.log_seq)).where(log.log_seq <= last + _LOOKED_AT)
            )
            behind = sa.and_(log.log_seq > last, log.log_seq <= last + _LOOKED_AT)
            young = connection.scalar(sa.select(sa.func.min(log.log_seq)).where(behind, log.at > until))
        return range(last + 1, young or (end or 0) + 1)

    def _accepted(self, channel: str, stretch: range) -> Sequence[Any]:
        wanted = sa.select(LEDGER_LOG).where(
            LEDGER_LOG.c.log_seq.between(stretch.start, stretch.stop - 1),
            LEDGER_LOG.c.channel == channel,
            LEDGER_LOG.c.kind == "outcome",
            LEDGER_LOG.c.outcome == Outcome.ACCEPTED.value,
        )
        with self.database.read() as connection:
            return connection.execute(wanted.order_by(LEDGER_LOG.c.log_seq)).all()

    def _go_on_from(self, channel: str, log_seq: int) -> None:
        with self.database.begin() as connection:
            write_cursor(connection, f"{_CURSOR} {channel}", str(log_seq))

    def _move(self, entry: Any, table: RoutingTable) -> bool:
        """Whether this message leaves its channel now."""
        with self.database.read() as connection:
            row = self._waiting(connection, entry)
            onward = row and self._onward(connection, row, table)
        if not row or not onward:
            return False
        vendor = self._vendor(row.channel, row.provider)
        if not isinstance(vendor, Revokes):
            return False
        vendor.revoke(row.message_id, row.address)
        with self.database.begin() as connection:
            return self._reopen(connection, row, onward)

    def _waiting(self, connection: Connection, entry: Any) -> Any:
        """The message's row where it still stands as taken by this channel, is worth sending, and reached nobody."""
        this = sa.select(LEDGER).where(LEDGER.c.message_id == entry.message_id, *_standing(entry.channel))
        reached = sa.select(RECEIPTS.c.event_id).where(
            RECEIPTS.c.message_id == entry.message_id, RECEIPTS.c.status.in_([each.value for each in REACHED])
        )
        worth = LEDGER.c.not_after > self.clock.now() + GRACE
        return connection.execute(this.where(worth, ~sa.exists(reached))).one_or_none()

    def _onward(self, connection: Connection, row: Any, table: RoutingTable) -> PlannedMessage | None:
        """The message on the first further channel where it may go."""
        message, left = PlannedMessage.from_row(row._asdict()), trail_of(row.trail).left
        further = [each for each in table.next_channels if each not in left]
        ready = (ready_on(connection, self.composer, message, each, self.clock.now()) for each in further)
        return next((each for each in ready if each), None)

    def _reopen(self, connection: Connection, row: Any, onward: PlannedMessage) -> bool:
        now, trail = self.clock.now(), trail_of(row.trail)
        left = replace(trail, tried=(), barred=(), pinned="", left=(*trail.left, row.channel))
        values = {
            "state": "pending",
            "outcome": Outcome.PENDING.value,
            "reason": "",
            "detail": DETAIL,
            "attempts": 0,
            "claim_id": None,
            "finished_at": None,
            "due_at": now + GRACE,
            "channel": onward.channel,
            "address": onward.address,
            "provider": "",
            "trail": left.to_text(),
        }
        theirs = LEDGER.update().where(LEDGER.c.message_id == row.message_id, *_standing(row.channel))
        if not connection.execute(theirs.values(values)).rowcount:
            return False
        connection.execute(LEDGER_LOG.insert().values(_reopened(row, now)))
        return True

    def _vendor(self, channel: str, provider: str) -> Channel | None:
        plugin = channels().get(channel, {}).get(provider)
        if plugin is None:
            return None
        if (channel, provider) not in self._connections:
            self._connections[channel, provider] = plugin.build()
        return self._connections[channel, provider]


def _standing(channel: str) -> Sequence[sa.ColumnElement[bool]]:
    return (
        LEDGER.c.state == "done",
        LEDGER.c.outcome == Outcome.ACCEPTED.value,
        LEDGER.c.channel == channel,
        LEDGER.c.is_uncertain.is_(False),
    )


def _reopened(row: Any, now: datetime) -> dict[str, Any]:
    return {
        "message_id": row.message_id,
        "kind": "reopened",
        "outcome": Outcome.PENDING.value,
        "reason": "",
        "detail": DETAIL,
        "channel": row.channel,
        "provider": row.provider,
        "provider_code": "",
        "provider_message_id": "",
        "attempt": row.attempts,
        "is_uncertain": False,
        "suppress_after": 0,
        "at": now,
    }
