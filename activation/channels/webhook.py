"""Messages to somebody's own endpoint, as Standard Webhooks: signed, dated, and under an id that is told again by it.

The address is whom the message is about, in whatever words the endpoint knows people by. Several secrets, separated
by spaces, sign each call several times, so that a receiver can change from one to the next at leisure; one that
begins with `whsk_` is a private ed25519 key and signs as v1a.
"""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from math import floor
from typing import Any

from pydantic import SecretStr

from activation.channels._endpoints import EndpointConnection, Reach, checked_endpoint
from activation.channels._verdicts import LIMITED, Verdict, bad_content, by_http, later, our_setup
from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelPlugin,
    Refused,
    Request,
    Status,
    WhenUnknown,
    check_capabilities,
)
from activation.http import Call, Exchange
from kith.clock import Clock, WallClock
from kith.errors import KithError
from kith.settings import Section, environment, read_section
from kith.times import format_instant

LARGEST = 20_000  # bytes
TYPE = "message.sent"
_SECRET_BYTES = range(24, 65)
CAPABILITIES = Capabilities(
    content=frozenset({"text", "html", "media", "actions"}),
    batch_size=200,
    honours_key=True,  # the receiver is told to keep the ids it has seen
    when_unknown=WhenUnknown.RESEND,
)
_GONE = our_setup("endpoint_gone")
_FORBIDDEN = our_setup("forbidden_address")
_BY_HTTP: dict[int, Verdict] = {
    401: our_setup("signature_refused"),
    403: our_setup("signature_refused"),
    410: _GONE,
    413: bad_content("too_long"),
    422: bad_content("refused_by_endpoint"),
    425: later("too_early"),
    429: LIMITED,
}


Signer = Callable[[str, datetime, str], str]
"""(id, when, body) → one signature with its version."""


class WebhookSettings(Section, prefix="KITH_WEBHOOK_"):
    """`reach`: "any" also allows an endpoint in a private network, and http."""

    url: str
    secret: SecretStr
    reach: Reach = "public"
    at_once: int = 16
    timeout: float = 20.0


def signers_of(secrets: str) -> list[Signer]:
    """One for each secret. Raises KithError, without the secret, where one is none."""
    found = [_signer(each) for each in secrets.split()]
    if not found:
        raise KithError("KITH_WEBHOOK_SECRET is empty", expected="whsec_… or whsk_…")
    return found


def _signer(secret: str) -> Signer:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from standardwebhooks import Webhook

    kind, _, content = secret.partition("_")
    try:
        key = base64.b64decode(content, validate=True)
    except ValueError:
        key = b""
    if kind == "whsk" and len(key) in (32, 64):
        private = Ed25519PrivateKey.from_private_bytes(key[:32])

        def sign(message_id: str, at: datetime, body: str) -> str:
            signed = private.sign(f"{message_id}.{floor(at.timestamp())}.{body}".encode())
            return f"v1a,{base64.b64encode(signed).decode()}"

        return sign
    if kind == "whsec" and len(key) in _SECRET_BYTES:
        return Webhook(secret).sign
    raise KithError(
        "KITH_WEBHOOK_SECRET is no secret", expected="whsec_ and 24 to 64 bytes in base64, or whsk_"
    )


class WebhookConversation:
    """_calls.Conversation with one endpoint."""

    setting = "KITH_WEBHOOK_URL"

    def __init__(self, settings: WebhookSettings, machine: Clock) -> None:
        self.settings, self.base_url = settings, settings.url
        self.signers = signers_of(settings.secret.get_secret_value())
        # The receiver holds the time of signing against its own clock, whatever the world lives by.
        self._machine = machine

    def prepare(self, request: Request) -> Call:
        if not request.address or len(request.address) > 254:
            raise Refused("bad_address", "nobody is named")
        check_capabilities(CAPABILITIES, amp=request.amp)
        body = _body(request)
        now = self._machine.now()
        signatures = [sign(request.message_id, now, body.decode()) for sign in self.signers]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Kith",
            "webhook-id": request.message_id,
            "webhook-timestamp": str(floor(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        return Call("POST", self.settings.url, headers, body)

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        if exchange.is_success:
            return Answer(request.message_id, Status.ACCEPTED, provider_code=str(exchange.status))
        verdict = _BY_HTTP.get(exchange.status) or by_http(exchange.status)
        return verdict.answer(request, str(exchange.status), exchange.retry_after)


def _body(request: Request) -> bytes:
    """{type, timestamp, data}; the same bytes each time. Raises Refused where it is too long."""
    data: dict[str, Any] = {
        "message_id": request.message_id,
        "address": request.address,
        "subject": request.subject,
        "text": request.text,
        "html": request.html,
        "locale": request.locale,
        "unsubscribe_url": request.unsubscribe_url,
        "media": [{"url": each.url, "kind": each.kind, "text": each.text} for each in request.media],
        "actions": [{"title": each.title, "url": each.url} for each in request.actions],
        "options": {name: value for name, value in request.options.items() if name != "type"},
    }
    told = {
        "type": request.options.get("type", TYPE),
        "timestamp": format_instant(request.dated_at),
        "data": {name: value for name, value in data.items() if value},
    }
    try:
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise Refused("bad_text", "the text holds half of a character") from error
    if len(body) > LARGEST:
        raise Refused("too_long", f"{len(body)} bytes, {LARGEST} at most")
    return body


def _build() -> EndpointConnection:
    settings = read_section(WebhookSettings)
    try:
        checked_endpoint(settings.url, settings.reach, "bad_url")
    except Refused:
        raise KithError(
            "KITH_WEBHOOK_URL can't be called",
            expected="https://…, or KITH_WEBHOOK_REACH=any",
        ) from None
    conversation = WebhookConversation(settings, WallClock())
    return EndpointConnection(conversation, settings.reach, _FORBIDDEN, settings.at_once, settings.timeout)


plugin = ChannelPlugin(
    channel="webhook",
    provider="standard_webhooks",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="user_id",
    is_configured=lambda: bool(environment().get("KITH_WEBHOOK_URL")),
    keeps="whoever receives decides what is kept; a webhook has no word for it",
)
