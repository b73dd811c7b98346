"""E-mail over SendGrid's v3 API: one call a message, since each body is a person's own; many calls in flight.

Accepted (202) means queued. SendGrid honours no idempotency key, so an answer that was lost is asked for again by
sending again, and listed as uncertain, as with SMTP. Our message id is in `custom_args` and comes back in every event.
Opens and clicks are tracked by us, so its own tracking is off; it signs with DKIM itself.
"""

import json
from collections.abc import Mapping
from typing import Any

from activation.channels._addresses import sendable
from activation.channels._esp_reading import OURS
from activation.channels._mail_service import CAPABILITIES, MailServiceConnection
from activation.channels._mime import check_header, own_letterhead
from activation.channels._receiving import objects, text_of
from activation.channels._sendgrid import SendGridSettings, read_events
from activation.channels._verdicts import LIMITED, UNCERTAIN, bad_content, by_http, dead_address, our_setup
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

_LARGEST = 30_000_000  # bytes of one call
_KINDS = ("text/plain", "text/x-amp-html", "text/html")
_UNTRACKED = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
}


class SendGrid:
    """_calls.Conversation with POST /v3/mail/send."""

    setting = "KITH_SENDGRID_BASE_URL"

    def __init__(self, settings: SendGridSettings) -> None:
        own_letterhead(
            "KITH_SENDGRID_", settings.sender, settings.sender_name
        )  # a wrong sender is said at the start
        self.settings, self.base_url = settings, settings.base_url.rstrip("/")
        self.headers = {
            "Authorization": f"Bearer {settings.api_key.get_secret_value()}",
            "Content-Type": "application/json",
        }

    def prepare(self, request: Request) -> Call:
        check_capabilities(CAPABILITIES, media=request.media, actions=request.actions)
        body = json.dumps(self._mail(request)).encode()
        if len(body) > _LARGEST:
            raise Refused("too_long", "SendGrid takes 30 MB at most")
        return Call("POST", f"{self.base_url}/v3/mail/send", self.headers, body)

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        if exchange.status == 202:
            name = exchange.headers.get("x-message-id", "")
            return Answer(request.message_id, Status.ACCEPTED, provider_code="202", provider_message_id=name)
        code = str(exchange.status)
        if exchange.is_success:
            return UNCERTAIN.answer(request, code)
        fields = [text_of(each, "field") for each in objects(exchange.json_object().get("errors"))]
        if exchange.status == 400 and any(field.startswith("personalizations.0.to") for field in fields):
            return dead_address("bad_address").answer(request, code)
        if exchange.status in (400, 403) and any(field.startswith("from") for field in fields):
            return our_setup("sender_refused").answer(request, code)
        if exchange.status == 429:
            return LIMITED.answer(request, code, exchange.retry_after or _until_reset(exchange))
        if exchange.status == 400:
            return bad_content("refused_request").answer(request, code)
        return by_http(exchange.status).answer(request, code, exchange.retry_after)

    def erasure(self, address: str) -> Call:
        """SendGrid takes on deleting what it holds of the address: events, suppressions, contacts."""
        body = json.dumps({"email_addresses": [sendable(address)]}).encode()
        return Call("POST", f"{self.base_url}/v3/recipients/erasejob", self.headers, body)

    def has_forgotten(self, exchange: Exchange) -> bool:
        return exchange.status == 202

    def _mail(self, request: Request) -> dict[str, Any]:
        contents = zip(_KINDS, (request.text, request.amp, request.html), strict=True)
        told = {
            "personalizations": [
                {"to": [{"email": sendable(request.address)}], "custom_args": {OURS: request.message_id}}
            ],
            "from": _person(self.settings.sender, self.settings.sender_name),
            "subject": check_header(request.subject) or " ",
            "content": [{"type": kind, "value": value} for kind, value in contents if value],
            "headers": _headers(request),
            "tracking_settings": _UNTRACKED,
            **_options(request.options),
        }
        if not told["content"]:
            raise Refused("no_content", "a mail without any part")
        if self.settings.unsubscribe_group and not request.is_transactional:
            told["asm"] = {"group_id": self.settings.unsubscribe_group}
        return {name: value for name, value in told.items() if value}


def _headers(request: Request) -> dict[str, str]:
    """RFC 8058: both or none."""
    if request.unsubscribe_url is None:
        return {}
    url = check_header(request.unsubscribe_url)
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _options(options: Mapping[str, str]) -> dict[str, Any]:
    """The template's own words: reply_to, ip_pool, category."""
    told: dict[str, Any] = {}
    if "reply_to" in options:
        told["reply_to"] = {"email": sendable(options["reply_to"])}
    if "ip_pool" in options:
        told["ip_pool_name"] = options["ip_pool"][:64]
    if "category" in options:
        told["categories"] = [options["category"][:255]]
    return told


def _person(address: str, name: str) -> dict[str, str]:
    return {"email": sendable(address), **({"name": name} if name else {})}


def _until_reset(exchange: Exchange) -> float | None:
    """SendGrid tells the second at which its minute ends, by its own clock: a minute is always enough."""
    told = exchange.headers.get("x-ratelimit-reset", "")
    return 60.0 if told.isdigit() else None


def _build() -> MailServiceConnection:
    return MailServiceConnection(SendGrid(read_section(SendGridSettings)))


def _read(inbound: Inbound) -> Reading:
    return read_events(read_section(SendGridSettings), inbound)


plugin = ChannelPlugin(
    channel="email",
    provider="sendgrid",
    capabilities=CAPABILITIES,
    build=_build,
    is_configured=lambda: bool(environment().get("KITH_SENDGRID_API_KEY")),
    read=_read,
)
