"""SMS over Vonage: one call a message; the answer says 200 whatever happened, and a status for each part of a text.

Where some parts were taken and others not, the message counts as taken: the person got a piece of it, and sending
it again would cost twice. There is no idempotency key and no look-up.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from activation.channels._calls import CallConnection
from activation.channels._phones import PhoneSettings, digits
from activation.channels._receiving import objects
from activation.channels._sms_receipts import read_vonage
from activation.channels._texts import is_gsm7, short_text
from activation.channels._verdicts import UNCERTAIN, Verdict, bad_content, by_http
from activation.channels._vonage import SETTING, STATUSES, VonageSettings, check_signature, redaction
from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelDown,
    ChannelPlugin,
    Inbound,
    Reading,
    Request,
    Status,
    WhenUnknown,
    check_capabilities,
)
from activation.http import Call, Exchange, Fate
from kith.settings import environment, read_section

LONGEST = 3_200
_SHORTEST_HOLD, _LONGEST_HOLD = 20_000, 604_800_000  # milliseconds, of ttl
_LONGEST_CALLBACK = 100
_REDACTED = (204, 404)  # 404: it never took it, or holds it no more
CAPABILITIES = Capabilities(
    content=frozenset({"text"}),
    batch_size=20,
    when_unknown=WhenUnknown.STOP,
    tells_receipts=True,
    messages_per_second=30.0,
)


class VonageSms:
    """_calls.Conversation with /sms/json."""

    setting = SETTING

    def __init__(self, settings: VonageSettings, phones: PhoneSettings) -> None:
        self.settings, self.phones, self.base_url = settings, phones, settings.base_url

    def prepare(self, request: Request) -> Call:
        check_capabilities(
            CAPABILITIES, html=request.html, amp=request.amp, media=request.media, actions=request.actions
        )
        text = short_text(request.text, LONGEST)
        fields = {
            "api_key": self.settings.api_key,
            "api_secret": self.settings.api_secret.get_secret_value(),
            "from": self.settings.sender,
            "to": digits(request.address, self.phones),
            "text": text,
            "type": "text" if is_gsm7(text) else "unicode",
            "client-ref": request.message_id,
            **_hold(request),
            **_callback(request),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        place = f"{self.base_url.rstrip('/')}/sms/json"
        return Call("POST", place, headers, urlencode(fields).encode())

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        parts = list(objects(exchange.json_object().get("messages")))
        if not exchange.is_success:
            return by_http(exchange.status).answer(request, str(exchange.status), exchange.retry_after)
        if not parts:
            return UNCERTAIN.answer(request)
        taken = [part for part in parts if str(part.get("status")) == "0"]
        return _taken(request, taken) if taken else _refused(request, parts[0], exchange)


class VonageConnection(CallConnection):
    """The channel, which can also have Vonage forget what it took (contract.Erases)."""

    def __init__(self, conversation: VonageSms) -> None:
        super().__init__(conversation)
        self._settings = conversation.settings

    def erase(self, address: str, taken: Sequence[str] = ()) -> bool:
        """Redact each message that was taken for the number. False where one is too young (an hour) or the account may
        not redact: Vonage enables it on request. Raises ChannelDown."""
        exchanges = self._client.call_all([redaction(self._settings, name) for name in taken])
        for exchange in exchanges:
            if exchange.fate is not Fate.ANSWERED or exchange.status >= 500 or exchange.status == 429:
                raise ChannelDown(f"KITH_VONAGE_REDACT_URL: {exchange.problem or exchange.status}")
        return all(exchange.status in _REDACTED for exchange in exchanges)


def _taken(request: Request, parts: list[dict[str, Any]]) -> Answer:
    cost = sum((_price(part) for part in parts), Decimal(0))
    return Answer(
        request.message_id,
        Status.ACCEPTED,
        provider_code="0",
        provider_message_id=str(parts[0].get("message-id") or ""),
        cost=cost if cost else None,
        currency="EUR" if cost else "",
    )


def _refused(request: Request, part: Mapping[str, Any], exchange: Exchange) -> Answer:
    code = str(part.get("status") or "")
    verdict: Verdict = STATUSES.get(code) or bad_content("refused_request")
    return verdict.answer(request, code[:10], exchange.retry_after)


def _price(part: Mapping[str, Any]) -> Decimal:
    try:
        found = Decimal(str(part.get("message-price") or "0"))
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def _hold(request: Request) -> dict[str, str]:
    if request.not_after is None:
        return {}
    milliseconds = int((request.not_after - request.dated_at).total_seconds() * 1_000)
    return {"ttl": str(max(_SHORTEST_HOLD, min(milliseconds, _LONGEST_HOLD)))}


def _callback(request: Request) -> dict[str, str]:
    """An address that is too long for Vonage is left out: its dashboard's own then serves."""
    if not request.callback_url or len(request.callback_url) > _LONGEST_CALLBACK:
        return {}
    return {"status-report-req": "true", "callback": request.callback_url}


def _build() -> VonageConnection:
    return VonageConnection(VonageSms(read_section(VonageSettings), read_section(PhoneSettings)))


def _read(inbound: Inbound) -> Reading:
    return read_vonage(check_signature(read_section(VonageSettings), inbound), inbound)


plugin = ChannelPlugin(
    channel="sms",
    provider="vonage",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="phone",
    is_configured=lambda: bool(environment().get("KITH_VONAGE_API_KEY")),
    read=_read,
)
