"""E-mail over Amazon SES v2: our own MIME as a raw message, so that AMP and one-click unsubscribe go as they are.

SES honours no idempotency key and sets Message-ID and Date anew: a message is found again by the tag with our id, or by
the MessageId that SES answered with. No SMTPUTF8: a local part outside ASCII is refused. SES signs with DKIM itself.
"""

import json
from base64 import b64encode
from urllib.parse import quote

from activation.channels._addresses import sendable
from activation.channels._esp_reading import OURS
from activation.channels._mail_service import CAPABILITIES, MailServiceConnection
from activation.channels._mime import own_letterhead
from activation.channels._receiving import text_of
from activation.channels._ses import ERRORS, SesSettings, signed_headers
from activation.channels._sns import read_sns
from activation.channels._verdicts import LIMITED, UNCERTAIN, by_http
from activation.channels.contract import (
    Answer,
    ChannelPlugin,
    Inbound,
    Reading,
    Refused,
    Request,
    Status,
    check_capabilities,
)
from activation.http import Call, Exchange
from kith.settings import environment, read_section

_LARGEST = 40 * 1024 * 1024


class Ses:
    """_calls.Conversation with POST /v2/email/outbound-emails."""

    setting = "KITH_SES_BASE_URL"

    def __init__(self, settings: SesSettings) -> None:
        self.settings, self.base_url = settings, settings.place
        self.letterhead = own_letterhead("KITH_SES_", settings.sender, settings.sender_name)

    def prepare(self, request: Request) -> Call:
        check_capabilities(CAPABILITIES, media=request.media, actions=request.actions)
        data = b64encode(self.letterhead.mail(request)).decode()
        if len(data) > _LARGEST:
            raise Refused("too_long", "SES takes 40 MB at most")
        told = {
            "FromEmailAddress": sendable(self.settings.sender),
            "Destination": {"ToAddresses": [sendable(request.address)]},
            "Content": {"Raw": {"Data": data}},
            "EmailTags": [{"Name": OURS, "Value": request.message_id}],
        }
        if self.settings.configuration_set:
            told["ConfigurationSetName"] = self.settings.configuration_set
        return self.call("POST", "/v2/email/outbound-emails", json.dumps(told).encode())

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        told = exchange.json_object()
        if exchange.is_success:
            name = text_of(told, "MessageId")
            if not name:
                return UNCERTAIN.answer(request, str(exchange.status))
            return Answer(request.message_id, Status.ACCEPTED, provider_code="200", provider_message_id=name)
        error = exchange.headers.get("x-amzn-errortype", "") or text_of(told, "__type")
        error = error.partition(":")[0].rpartition("#")[2]
        verdict = ERRORS.get(error) or (LIMITED if exchange.status == 429 else by_http(exchange.status))
        return verdict.answer(request, error[:60] or str(exchange.status), exchange.retry_after)

    def erasure(self, address: str) -> Call:
        """Takes the address off the account's suppression list, the one place where SES keeps any. Ours keeps it from
        being written to again."""
        return self.call("DELETE", f"/v2/email/suppression/addresses/{quote(sendable(address), safe='@')}")

    def has_forgotten(self, exchange: Exchange) -> bool:
        return exchange.is_success or exchange.status == 404

    def call(self, method: str, path: str, body: bytes = b"") -> Call:
        """A signed call."""
        url = self.base_url + path
        return Call(method, url, signed_headers(self.settings, method, url, body), body)


def _build() -> MailServiceConnection:
    return MailServiceConnection(Ses(read_section(SesSettings)))


def _read(inbound: Inbound) -> Reading:
    return read_sns(read_section(SesSettings), inbound)


plugin = ChannelPlugin(
    channel="email",
    provider="ses",
    capabilities=CAPABILITIES,
    build=_build,
    is_configured=lambda: bool(environment().get("KITH_SES_ACCESS_KEY")),
    read=_read,
)
