"""A channel whose vendor takes one message a call: many calls in flight, one answer each.

The vendor's file says how a request becomes a call and what an answer means; here stands what is the same for
all: a call that never left is deferred, one whose answer never came is unknown, and nothing is raised for one message.
"""

import socket
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

from activation.channels._verdicts import later
from activation.channels.contract import Answer, ChannelDown, Reason, Refused, Request, Status
from activation.http import Call, Exchange, Fate, HttpClient

_PORTS = {"https": 443, "http": 80}
_PROBE_SECONDS = 5.0
_ADDRESS_FAULTS = frozenset({"bad_address", "unknown_country", "no_international_form"})


class Conversation(Protocol):
    """What one vendor is told and what its answers mean. Nothing here waits or keeps."""

    setting: str
    """The variable that holds the vendor's place, for people."""
    base_url: str

    def prepare(self, request: Request) -> Call:
        """The call that sends it. Raises contract.Refused for what can't be carried, ChannelDown where there is no
        access token."""
        ...

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        """What a whole answer means, whatever its status; `exchange` was answered and is not in doubt."""
        ...


class CallConnection:
    """contract.Channel over HTTP calls, one a message."""

    def __init__(self, conversation: Conversation, at_once: int = 16, timeout: float = 20.0) -> None:
        self.conversation = conversation
        self._client = HttpClient(at_once=at_once, timeout=timeout)
        self._is_open = False

    def open(self) -> None:
        if self._is_open:
            return
        probe(self.conversation.setting, self.conversation.base_url)
        self._client.open()
        self._is_open = True

    def send(self, batch: Sequence[Request]) -> list[Answer]:
        prepared = [self._prepare(request) for request in batch]
        calls = [each for each in prepared if isinstance(each, Call)]
        exchanges = iter(self._client.call_all(calls) if calls else [])
        return [
            self._judge(request, next(exchanges)) if isinstance(each, Call) else each
            for request, each in zip(batch, prepared, strict=True)
        ]

    def close(self) -> None:
        self._is_open = False
        self._client.close()

    def _prepare(self, request: Request) -> Call | Answer:
        try:
            return self.conversation.prepare(request)
        except Refused as refusal:
            at_address = refusal.detail in _ADDRESS_FAULTS
            reason = Reason.ADDRESS_REFUSED if at_address else Reason.CONTENT_REFUSED
            return Answer(request.message_id, Status.FAILED, reason, refusal.detail)
        except ChannelDown:
            self._is_open = False
            return later("no_access_token").answer(request)

    def _judge(self, request: Request, exchange: Exchange) -> Answer:
        if exchange.fate is Fate.NOT_SENT:
            self._is_open = False  # look again whether anybody is there, before the next hand-over
            return later(exchange.problem or "not_sent").answer(request)
        if exchange.may_have_worked:
            detail = exchange.problem or "server_error"
            return Answer(
                request.message_id,
                Status.UNKNOWN,
                Reason.ANSWER_LOST,
                detail,
                provider_code=str(exchange.status or ""),
            )
        return self.conversation.judge(request, exchange)


def probe(setting: str, base_url: str) -> None:
    """Whether anybody listens there. Raises ChannelDown, naming the setting."""
    place = urlsplit(base_url)
    try:
        port = place.port or _PORTS.get(place.scheme, 0)
        socket.create_connection((place.hostname or "", port), timeout=_PROBE_SECONDS).close()
    except (OSError, ValueError) as error:
        raise ChannelDown(f"{setting} {base_url} can't be used: {type(error).__name__}") from error
