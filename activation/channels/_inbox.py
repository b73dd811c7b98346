"""Channels that end in our own inbox. A message's id is its key there: told twice, it is there once."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from activation.channels._verdicts import UNCERTAIN, later
from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelDown,
    ChannelPlugin,
    Reason,
    Refused,
    Request,
    Status,
    check_capabilities,
)
from activation.inbox import Inbox, InboxMessage
from kith.clock import Clock, system_clock
from kith.settings import Settings, load_settings
from kith.state import StateDatabase

LONGEST_ADDRESS, LARGEST = 400, 64_000  # characters
CAPABILITIES = Capabilities(
    content=frozenset({"text", "html", "media", "actions"}), batch_size=500, honours_key=True, schedules=True
)


class InboxConnection:
    """contract.Channel, and contract.Erases, over the state database."""

    def __init__(self, channel: str, settings: Settings, clock: Clock) -> None:
        self.channel, self.settings, self.clock = channel, settings, clock
        self._database: StateDatabase | None = None

    def open(self) -> None:
        if self._database is not None:
            return
        try:
            self._database = StateDatabase.open(self.settings)
        except (SQLAlchemyError, OSError) as error:
            raise ChannelDown(f"KITH_STATE_URL can't be used: {type(error).__name__}") from None

    def send(self, batch: Sequence[Request]) -> list[Answer]:
        """All of a batch or nothing of it: one transaction."""
        answers = {request.message_id: self._refusal(request) for request in batch}
        fine = [request for request in batch if answers[request.message_id] is None]
        told = self._put(fine)
        return [answers[request.message_id] or told(request) for request in batch]

    def erase(self, address: str, taken: Sequence[str] = ()) -> bool:
        """Whether the inbox holds nothing of the address any more."""
        self.open()
        if self._database is None:
            return False
        try:
            Inbox(self._database).forget(address)
        except SQLAlchemyError as error:
            raise ChannelDown(f"KITH_STATE_URL can't be used: {type(error).__name__}") from None
        return True

    def close(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.close()

    def _put(self, requests: Sequence[Request]) -> Callable[[Request], Answer]:
        """Put them in; what that means for each."""
        if self._database is None:
            return later("no_connection").answer
        now = self.clock.now()
        try:
            Inbox(self._database).put([_message(self.channel, request, now) for request in requests])
        except SQLAlchemyError:
            # A commit that failed may have come through; the key makes it safe to repeat.
            return UNCERTAIN.answer
        return _accepted

    def _refusal(self, request: Request) -> Answer | None:
        try:
            _check(request)
        except Refused as refusal:
            at_address = refusal.detail == "bad_address"
            reason = Reason.ADDRESS_REFUSED if at_address else Reason.CONTENT_REFUSED
            return Answer(request.message_id, Status.FAILED, reason, refusal.detail)
        return None


def inbox_plugin(channel: str) -> ChannelPlugin:
    """The plugin of a channel that ends in the inbox."""
    return ChannelPlugin(
        channel=channel,
        provider="inbox",
        capabilities=CAPABILITIES,
        build=lambda: _build(channel),
        address_type="user_id",
    )


def _build(channel: str) -> InboxConnection:
    settings = load_settings()
    return InboxConnection(channel, settings, system_clock(settings))


def _accepted(request: Request) -> Answer:
    return Answer(request.message_id, Status.ACCEPTED, provider_message_id=request.message_id)


def _check(request: Request) -> None:
    """Raises Refused for what the table, or a page, can't hold."""
    check_capabilities(CAPABILITIES, amp=request.amp)
    if not 0 < len(request.address) <= LONGEST_ADDRESS or not request.address.isprintable():
        raise Refused("bad_address", "nobody's name in the app")
    parts = (request.subject, request.text, request.html or "", *request.options.values())
    texts = "".join([*parts, *(each.url + each.text for each in request.media)])
    texts += "".join(each.title + each.url for each in request.actions)
    if "\x00" in texts or any("\ud800" <= each <= "\udfff" for each in texts):
        raise Refused("bad_text", "a NUL or half of a character, which no database takes")
    if len(texts) > LARGEST:
        raise Refused("too_long", f"{len(texts)} characters, {LARGEST} at most")


def _message(channel: str, request: Request, now: datetime) -> InboxMessage:
    return InboxMessage(
        request.message_id,
        channel,
        request.address,
        request.subject,
        request.text,
        request.html or "",
        arrived_at=now,
        expires_at=request.not_after,
        locale=request.locale[:16],
        media=[{"url": each.url, "kind": each.kind, "text": each.text} for each in request.media],
        actions=[{"title": each.title, "url": each.url} for each in request.actions],
        options=request.options,
    )
