"""A connection to Twilio's texts or calls, and what their lists are for: what Twilio knows of a message whose answer was
lost, and the erasure of a number."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from activation.channels import _twilio
from activation.channels._calls import CallConnection
from activation.channels._phones import PhoneSettings, e164
from activation.channels._receiving import objects, text_of
from activation.channels._twilio import SETTING, TwilioSettings
from activation.channels.contract import Answer, ChannelDown, Refused, Request, Status
from activation.http import Call, Exchange, HttpClient

_PAGE = 100
_MOST_ROUNDS = 1_000
_GONE = (204, 404)


class TwilioConversation:
    """_calls.Conversation with one resource of the account."""

    setting = SETTING
    resource: str
    is_taken: frozenset[str]

    def __init__(self, settings: TwilioSettings, phones: PhoneSettings) -> None:
        self.settings, self.phones, self.base_url = settings, phones, settings.base_url

    def fields(self, request: Request) -> list[tuple[str, str]]:
        """What the call says. Raises contract.Refused."""
        raise NotImplementedError

    def prepare(self, request: Request) -> Call:
        return _twilio.post_form(self.settings, self.resource, self.fields(request))

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        return _twilio.judge(request, exchange, self.is_taken)


class TwilioConnection(CallConnection):
    """A channel of Twilio's, which can also look a message up (contract.LooksUp), and have Twilio forget a number
    (contract.Erases)."""

    def __init__(self, conversation: TwilioConversation, at_once: int = 16) -> None:
        super().__init__(conversation, at_once=at_once)
        self.twilio = conversation

    def look_up(self, request: Request) -> Answer | None:
        """What was sent to that number since it was decided, and is it. Raises ChannelDown where Twilio can't say."""
        number = self._number(request.address)
        if number is None:
            return None
        call = listing(self.twilio.settings, self.twilio.resource, To=number, **self.sought())
        return look_up(self._client, call, request, lambda told: self.is_it(request, told))

    def sought(self) -> Mapping[str, str]:
        """By what else the list is narrowed."""
        return {}

    def is_it(self, request: Request, told: Mapping[str, Any]) -> bool:
        """Whether a row of the list is this message."""
        return True

    def erase(self, address: str, taken: Sequence[str] = ()) -> bool:
        """Delete everything from and to a number. Raises ChannelDown."""
        number = self._number(address)
        if number is None:
            return True  # Twilio never had it
        return erase(self._client, self.twilio.settings, self.twilio.resource, number)

    def _number(self, address: str) -> str | None:
        try:
            return e164(address, self.twilio.phones)
        except Refused:
            return None


def look_up(
    client: HttpClient,
    call: Call,
    request: Request,
    is_it: Callable[[Mapping[str, Any]], bool] = lambda told: True,
) -> Answer | None:
    """The first row of a list that was made since the message was decided and is it. Raises ChannelDown."""
    for told in _rows(client, call):
        if _is_since(told, request.dated_at) and is_it(told):
            sid = text_of(told, "sid")
            return Answer(request.message_id, Status.ACCEPTED, provider_code="found", provider_message_id=sid)
    return None


def listing(settings: TwilioSettings, resource: str, **fields: str) -> Call:
    """The newest hundred. No filter by date: what still waits has none."""
    return _twilio.post_form(settings, resource, [*fields.items(), ("PageSize", str(_PAGE))], "GET")


def erase(client: HttpClient, settings: TwilioSettings, resource: str, number: str) -> bool:
    """Delete everything from and to a number. False where something of it can't be deleted yet; raises ChannelDown."""
    sides = [
        _erase(client, settings, resource, side, number) for side in ("To", "From")
    ]  # both, whatever one says
    return all(sides)


def _erase(client: HttpClient, settings: TwilioSettings, resource: str, side: str, number: str) -> bool:
    for _ in range(_MOST_ROUNDS):
        names = [
            text_of(told, "sid") for told in _rows(client, listing(settings, resource, **{side: number}))
        ]
        if not names:
            return True
        calls = [_twilio.delete(settings, resource, name) for name in names]
        if not all(exchange.status in _GONE for exchange in client.call_all(calls)):
            return False
    return False


def _rows(client: HttpClient, call: Call) -> Iterator[dict[str, Any]]:
    exchange = client.call(call)
    found = exchange.json_object()
    rows: Sequence[Any] | None = found.get("messages", found.get("calls"))
    if not exchange.is_success or not isinstance(rows, list):
        raise ChannelDown(f"{SETTING}: a list can't be read ({exchange.problem or exchange.status})")
    return objects(rows)


def _is_since(told: Mapping[str, Any], decided_at: datetime) -> bool:
    made_at = _made_at(told)
    return made_at is not None and made_at >= decided_at.replace(microsecond=0)


def _made_at(told: Mapping[str, Any]) -> datetime | None:
    try:
        found = parsedate_to_datetime(text_of(told, "date_created"))
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None else None
