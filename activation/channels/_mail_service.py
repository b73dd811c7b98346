"""What e-mail services have in common: what they carry, and that they forget an address when they are asked to."""

from collections.abc import Sequence
from typing import Protocol

from activation.channels._calls import CallConnection, Conversation
from activation.channels.contract import Capabilities, ChannelDown, WhenUnknown
from activation.http import Call, Exchange, Fate

CAPABILITIES = Capabilities(
    content=frozenset({"text", "html", "amp"}),
    batch_size=64,
    when_unknown=WhenUnknown.RESEND,
    tells_receipts=True,
)


class MailConversation(Conversation, Protocol):
    """A conversation with a service that can forget."""

    def erasure(self, address: str) -> Call:
        """The call by which it forgets an address."""
        ...

    def has_forgotten(self, exchange: Exchange) -> bool:
        """Whether its answer confirms it."""
        ...


class MailServiceConnection(CallConnection):
    """Also asks the service to forget (contract.Erases)."""

    def __init__(self, conversation: MailConversation) -> None:
        super().__init__(conversation, at_once=32)
        self._service = conversation

    def erase(self, address: str, taken: Sequence[str] = ()) -> bool:
        """Whether the service confirmed that it forgets the address. Raises ChannelDown."""
        exchange = self._client.call(self._service.erasure(address))
        if exchange.fate is not Fate.ANSWERED or exchange.status >= 500:
            raise ChannelDown(f"{self._service.setting}: {exchange.problem or exchange.status}")
        return self._service.has_forgotten(exchange)
