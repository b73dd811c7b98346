"""What vendors tell afterwards becomes events: checked, told once, found to its message, durable before the vendor
hears yes.

The events are landed first and noted after. A crash between the two makes the vendor tell again, and the same event
lands twice under one id, which every reader keeps once; the sums of a vendor's health are added with the note.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import Connection

from activation.channels.contract import ANSWERED, ChannelPlugin, Inbound, Reading, Receipt, Status, Unread
from activation.contract import HelpAsked, PlannedMessage
from activation.delivery.evidence import accept_on_evidence
from activation.delivery.receipt_events import landed_id, receipt_line
from activation.delivery.receipt_search import known_events, latest_to, messages_by_pointer, pointer_of
from activation.delivery.receipt_tables import RECEIPTS
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
    help: Callable[[Sequence[HelpAsked]], None] = lambda asked: None

    @classmethod
    def open(
        cls,
        settings: Settings,
        database: StateDatabase,
        clock: Clock,
        help: Callable[[Sequence[HelpAsked]], None] = lambda asked: None,
    ) -> "ReceiptIntake":
        """With landing logs of its own. `help` plans an answer to each who asked for it, once for one `asked_id`."""
        from kith.lake import Home

        home = Home(settings.home)
        logs = [LandingLog(home, source, clock) for source in (SOURCE, UNREAD_SOURCE)]
        return cls(settings, database, logs[0], logs[1], clock, help)

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
        self._answer(plugin, found)
        with self.database.begin() as connection:
            fresh = _note(connection, name, found, inbound.received_at)
            proofs = [(each.message_id, each.receipt.status) for each in fresh]
            accept_on_evidence(connection, plugin.channel, plugin.provider, proofs, self.clock.now())
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
            known = known_events(connection, name, list(by_id))
            fresh = {event_id: each for event_id, each in by_id.items() if event_id not in known}
            messages = messages_by_pointer(connection, plugin, list(fresh.values()))
            for event_id, receipt in fresh.items():
                message = messages.get(pointer_of(receipt)) or latest_to(connection, plugin, receipt)
                if message is None and not receipt.address:
                    unread.append(Unread("unknown_message", _told(receipt)))
                else:
                    found.append(_Found(receipt, event_id, message, self._is_doubtful(receipt)))
        return found, unread

    def _answer(self, plugin: ChannelPlugin, found: Sequence[_Found]) -> None:
        """Before anything is noted: after a crash the vendor tells again, and the answer has the same id."""
        asked = [
            HelpAsked(
                each.event_id,
                plugin.channel,
                each.receipt.address,
                each.receipt.at,
                each.message,
            )
            for each in found
            if each.receipt.status is Status.REPLIED
            and each.receipt.address
            and each.receipt.detail != ANSWERED
            and plugin.address_type != "email"
            and self._replies.is_help(each.receipt.text)
        ]
        if asked:
            self.help(asked)

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
