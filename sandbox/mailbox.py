"""Mailbox providers behind one SMTP server: they refuse, put off, keep, and may hang up after the dot."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from kith.clock import Clock
from kith.ids import share, stable_id
from kith.log import get_logger
from kith.times import format_instant
from sandbox.mail import Letter, read_letter
from sandbox.providers import provider_of

log = get_logger(__name__)
UNKNOWN_USER = "550 5.1.1 no such mailbox here"
GREYLISTED = "451 4.7.1 greylisted, try again"
TAKEN = "250 2.0.0 kept"
NO_ANSWER = "421 4.3.0 closing"


@dataclass(frozen=True)
class Habit:
    """Faults that a test may ask for. `refuse` answers whether an address is unknown here."""

    refuse: Callable[[str], bool] = lambda address: address.partition("@")[0] == "unknown"
    greylists: bool = True
    latency: float = 0.0
    drop_after_dot: float = 0.0


@dataclass(frozen=True)
class Delivery:
    """A mail that was taken for one recipient at an instant."""

    letter: Letter
    recipient: str
    at: datetime
    is_first: bool


@dataclass
class Postbox:
    """Keeps mails and accounts for them: one line of `received.jsonl` for each mail and recipient, on file
    before the sender hears yes. A Message-ID that comes again is counted, and not shown to its reader again.
    """

    folder: Path
    clock: Clock
    copies: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for row in self.received():
            self.copies[row["message_id"], row["to"]] += 1

    @property
    def account(self) -> Path:
        return self.folder / "received.jsonl"

    def received(self) -> list[dict[str, str]]:
        """Every mail taken so far: message_id, to, at, file."""
        if not self.account.exists():
            return []
        return [orjson.loads(line) for line in self.account.read_bytes().splitlines()]

    def keep(self, content: bytes, recipients: list[str]) -> list[Delivery]:
        """Store one mail; answers a delivery for each recipient."""
        letter, at = read_letter(content), self.clock.now()
        message_id = letter.message_id or f"<{stable_id(content.decode('latin-1'))}@no-id.invalid>"
        file = f"{stable_id(message_id)}-{self.copies[message_id, recipients[0]]}.eml"
        (self.folder / file).write_bytes(content)
        deliveries: list[Delivery] = []
        with open(self.account, "ab") as account:
            for recipient in recipients:
                self.copies[message_id, recipient] += 1
                row = {"message_id": message_id, "to": recipient, "at": format_instant(at), "file": file}
                account.write(orjson.dumps(row) + b"\n")
                deliveries.append(Delivery(letter, recipient, at, self.copies[message_id, recipient] == 1))
        return deliveries


class _Conversation:
    """aiosmtpd's hooks; their names are its own."""

    def __init__(self, postbox: Postbox, habit: Habit, deliver: Callable[[Delivery], None]) -> None:
        self.postbox, self.habit, self.deliver = postbox, habit, deliver
        self.seen: set[str] = set()

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        await asyncio.sleep(self.habit.latency)
        if self.habit.refuse(address.lower()):
            return UNKNOWN_USER
        if self._is_stranger(address.lower()):
            return GREYLISTED
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.habit.latency)
        content = envelope.original_content or b""
        deliveries = self.postbox.keep(content, envelope.rcpt_tos)
        for delivery in deliveries:
            self.deliver(delivery)
        first = deliveries[0]
        copy = self.postbox.copies[first.letter.message_id, first.recipient]
        if share(f"{first.letter.message_id}{copy}", "drop_after_dot") < self.habit.drop_after_dot:
            if isinstance(server.transport, asyncio.WriteTransport):
                server.transport.abort()
            return NO_ANSWER
        return TAKEN

    def _is_stranger(self, address: str) -> bool:
        """Some providers put a sender off once; who comes back is let in."""
        if not self.habit.greylists or address in self.seen:
            return False
        self.seen.add(address)
        return share(address, "greylist") < provider_of(address).greylist_rate


class MailServer:
    """The SMTP server, in a thread of its own.

    with MailServer(postbox, habit, deliver, host, port) as server:
        server.port
    """

    def __init__(
        self,
        postbox: Postbox,
        habit: Habit | None = None,
        deliver: Callable[[Delivery], None] = lambda delivery: None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.postbox = postbox
        handler = _Conversation(postbox, habit or Habit(), deliver)
        self._controller = _AnyPort(
            handler, hostname=host, port=port, ident="Kith sandbox", enable_SMTPUTF8=True
        )

    @property
    def port(self) -> int:
        return self._controller.port

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._controller.stop()


class _AnyPort(Controller):
    """Port 0 means a free one, known once the socket is bound."""

    def _trigger_server(self) -> None:
        server = self.server
        if self.port == 0 and isinstance(server, asyncio.Server):
            self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()
