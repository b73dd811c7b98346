"""What vendors tell afterwards becomes events: checked, told once, found to its message, durable before the vendor
hears yes.

The events are landed first and noted after. A crash between the two makes the vendor tell again, and the same event
lands twice under one id, which every reader keeps once; the sums of a vendor's health are added with the note.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from activation.channels.contract import ChannelPlugin, Inbound, Reading, Receipt, Status, Unread
from activation.contract import PlannedMessage
from activation.delivery.evidence import accept_on_evidence
from activation.delivery.receipt_events import landed_id, receipt_line
from activation.delivery.receipt_tables import RECEIPTS
from activation.delivery.schema import LEDGER, LEDGER_LOG
from activation.delivery.upsert import insert_new
from activation.delivery.vendor_health import write_tidings
from activation.gates._words import Replies, load_words
from activation.routing.contract import Tidings
from kith.clock import Clock
from kith.landing import LandingLog
from kith.settings import Settings
from kith.state import StateDatabase

#: What can't be read lands under a source of its own, where compaction sets it aside with all other bad input.
SOURCE, UNREAD_SOURCE = "receipts", "unread_receipts"
DOUBTFUL = "doubtful_stop"
_CHUNK = 400
_LONGEST_UNREAD = 16_000


@dataclass(frozen=True)
class _Found:
    """One receipt that was not told before, with the message that it is about."""

    receipt: Receipt
    event_id: str
    message: PlannedMessage | None
    is_doubtful: bool = False

    @property
    def message_id(self) -> str:
        return self.message.message_id if self.message else ""


@dataclass
class ReceiptIntake:
    """Takes vendors' calls. Safe between threads; one per process."""

    settings: Settings
    database: StateDatabase
    log: LandingLog
    unread_log: LandingLog
    clock: Clock

    @classmethod
    def open(cls, settings: Settings, database: StateDatabase, clock: Clock) -> "ReceiptIntake":
        """With landing logs of its own."""
        from kith.lake import Home

        home = Home(settings.home)
        logs = [LandingLog(home, source, clock) for source in (SOURCE, UNREAD_SOURCE)]
        return cls(settings, database, logs[0], logs[1], clock)

    def close(self) -> None:
        self.log.close()
        self.unread_log.close()

    def take(self, name: str, plugin: ChannelPlugin, inbound: Inbound) -> Reading:
        """Believe what one call says, if its signature is right (else BadSignature), and answer what the vendor wants
        to hear. All of it is on the disk when this returns."""
        if plugin.read is None:
            raise LookupError(f"{name} tells nothing")
        reading = plugin.read(inbound)
        found, further = self._find(name, plugin, reading.receipts)
        self._land(name, plugin, found, inbound.received_at)
        self._set_aside(name, [*reading.unread, *further])
        with self.database.begin() as connection:
            fresh = _note(connection, name, found, inbound.received_at)
            proofs = [(each.message_id, each.receipt.status) for each in fresh]
            accept_on_evidence(connection, plugin.provider, proofs, self.clock.now())
            write_tidings(connection, _tidings(plugin, [each.receipt for each in fresh]), self.clock.now())
        return reading

    @cached_property
    def _replies(self) -> Replies:
        return load_words(self.settings).body.replies

    def _find(
        self, name: str, plugin: ChannelPlugin, receipts: Sequence[Receipt]
    ) -> tuple[list[_Found], list[Unread]]:
        """Those not told before, each with its message; and those that nothing can be made of."""
        first = {landed_id(name, each): each for each in reversed(receipts)}
        by_id = dict(reversed(first.items()))
        found, unread = [], []
        with self.database.read() as connection:
            known = _known(connection, name, list(by_id))
            fresh = {event_id: each for event_id, each in by_id.items() if event_id not in known}
            messages = _messages(connection, plugin, list(fresh.values()))
            for event_id, receipt in fresh.items():
                message = messages.get(_pointer(receipt)) or _latest_to(connection, plugin, receipt)
                if message is None and not receipt.address:
                    unread.append(Unread("unknown_message", _told(receipt)))
                else:
                    found.append(_Found(receipt, event_id, message, self._is_doubtful(receipt)))
        return found, unread

    def _is_doubtful(self, receipt: Receipt) -> bool:
        return receipt.status is Status.REPLIED and self._replies.is_doubtful(receipt.text)

    def _land(self, name: str, plugin: ChannelPlugin, found: Sequence[_Found], received_at: datetime) -> None:
        lines = []
        for each in found:
            more = {"is_doubtful": True} if each.is_doubtful else {}
            line = receipt_line(name, plugin, each.receipt, each.message, received_at, more)
            if line:
                lines.append(line)
        if lines:
            self.log.append(lines)

    def _set_aside(self, name: str, unread: Sequence[Unread]) -> None:
        if unread:
            self.unread_log.append([_unread_line(name, each) for each in unread])


def _note(connection: Connection, name: str, found: Sequence[_Found], received_at: datetime) -> list[_Found]:
    """Write the receipts down; answers those that nobody wrote before."""
    rows = ((each, insert_new(connection, RECEIPTS).values(_row(name, each, received_at))) for each in found)
    return [each for each, insert in rows if connection.execute(insert).rowcount]


def _known(connection: Connection, name: str, event_ids: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for ids in _chunks(event_ids):
        asked = (RECEIPTS.c.plugin == name, RECEIPTS.c.event_id.in_(ids))
        known |= set(connection.scalars(sa.select(RECEIPTS.c.event_id).where(*asked)))
    return known


def _pointer(receipt: Receipt) -> str:
    """What leads to the message: our id, or `vendor:` and theirs."""
    theirs = receipt.provider_message_id
    return receipt.message_id or (f"vendor:{theirs[:256]}" if theirs else "")


def _messages(
    connection: Connection, plugin: ChannelPlugin, receipts: Sequence[Receipt]
) -> Mapping[str, PlannedMessage]:
    """The messages by pointer. An id of ours that the ledger never held is looked for by the vendor's."""
    theirs = {each.provider_message_id[:256] for each in receipts if each.provider_message_id}
    ours = {each.message_id for each in receipts if each.message_id}
    by_vendor: dict[str, str] = {}
    for ids in _chunks(sorted(theirs)):
        wanted = sa.select(LEDGER_LOG.c.provider_message_id, LEDGER_LOG.c.message_id).where(
            LEDGER_LOG.c.provider_message_id.in_(ids),
            sa.text("provider_message_id <> ''"),
            LEDGER_LOG.c.provider == plugin.provider,
        )
        by_vendor |= {row.provider_message_id: row.message_id for row in connection.execute(wanted)}
    held: dict[str, PlannedMessage] = {}
    for ids in _chunks(sorted(ours | set(by_vendor.values()))):
        for row in connection.execute(sa.select(LEDGER).where(LEDGER.c.message_id.in_(ids))):
            held[row.message_id] = PlannedMessage.from_row(row._asdict())
    found = {message_id: message for message_id, message in held.items() if message_id in ours}
    for vendors_id, message_id in by_vendor.items():
        if message_id in held:
            found[f"vendor:{vendors_id}"] = held[message_id]
    return found | {
        each.message_id: found[f"vendor:{each.provider_message_id[:256]}"]
        for each in receipts
        if each.message_id not in found and f"vendor:{each.provider_message_id[:256]}" in found
    }


def _latest_to(connection: Connection, plugin: ChannelPlugin, receipt: Receipt) -> PlannedMessage | None:
    """What an address that wrote back was written last on this channel: whom it belongs to is known from it."""
    if receipt.status not in (Status.REPLIED, Status.UNSUBSCRIBED) or plugin.address_type == "email":
        return None
    wanted = (
        sa.select(LEDGER)
        .where(LEDGER.c.address == receipt.address, sa.text("channel <> 'email'"))
        .where(LEDGER.c.channel == plugin.channel, LEDGER.c.decided_at <= receipt.at)
        .order_by(LEDGER.c.decided_at.desc())
        .limit(1)
    )
    row = connection.execute(wanted).one_or_none()
    return PlannedMessage.from_row(row._asdict()) if row else None


def _row(name: str, each: _Found, received_at: datetime) -> dict[str, Any]:
    receipt = each.receipt
    return {
        "plugin": name,
        "event_id": each.event_id,
        "message_id": each.message_id,
        "status": receipt.status.value,
        "detail": DOUBTFUL if each.is_doubtful else receipt.detail[:64],
        "provider_code": receipt.provider_code[:32],
        "text": receipt.text if each.is_doubtful else "",
        "at": receipt.at,
        "received_at": received_at,
    }


def _tidings(plugin: ChannelPlugin, receipts: Sequence[Receipt]) -> list[Tidings]:
    """What receipts say of the vendor: a message that failed for its address's sake says nothing of it."""
    delivered = sum(each.status is Status.DELIVERED for each in receipts)
    failed = (Status.BOUNCED, Status.FAILED, Status.UNREACHABLE)
    undelivered = sum(each.status in failed and not each.suppress_after for each in receipts)
    told = [Tidings(plugin.channel, plugin.provider, delivered=delivered, undelivered=undelivered)]
    for each in receipts:
        if each.cost is not None:
            priced = {"priced": 1, "amount": float(each.cost), "currency": each.currency}
            told.append(Tidings(plugin.channel, plugin.provider, **priced))
    return told if any(told) and receipts else []


def _unread_line(name: str, unread: Unread) -> bytes:
    """A line that is no event, so that compaction sets it aside whole, with its reason."""
    said = {"type": "unread receipt", "plugin": name, "detail": unread.detail, "content": unread.content}
    line = orjson.dumps(said)
    return line if len(line) <= _LONGEST_UNREAD else orjson.dumps({**said, "content": unread.content[:2_000]})


def _told(receipt: Receipt) -> str:
    return f"{receipt.status.value} {receipt.provider_message_id or receipt.message_id} {receipt.provider_code}".strip()


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
