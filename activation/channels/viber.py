"""Viber: one call a message from a bot to people who subscribed to it; HTTP says 200 whatever happened.

There is no idempotency key. Addresses are ids that differ per bot, of the identifier type `viber_id`.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from activation.channels._calls import CallConnection
from activation.channels._receiving import (
    check,
    event_id,
    from_milliseconds,
    inner,
    is_same,
    json_object,
    nothing_but,
    text_of,
)
from activation.channels._texts import short_text, web_address
from activation.channels._verdicts import (
    LIMITED,
    UNCERTAIN,
    Verdict,
    bad_content,
    by_http,
    later,
    nobody_there,
    our_setup,
)
from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelPlugin,
    Inbound,
    Reading,
    Receipt,
    Refused,
    Request,
    Status,
    WhenUnknown,
    check_capabilities,
)
from activation.http import Call, Exchange
from kith.settings import Section, environment, read_section

LONGEST, LONGEST_CAPTION, LONGEST_NAME, LONGEST_BUTTON, LARGEST = 7_000, 768, 28, 250, 30_000
_MOST_BUTTONS, _API_VERSION = 24, 1
CAPABILITIES = Capabilities(
    content=frozenset({"text", "media", "actions"}),
    batch_size=20,
    when_unknown=WhenUnknown.STOP,
    tells_receipts=True,
    messages_per_second=50.0,
)
STATUSES: Mapping[str, Verdict] = {
    "1": our_setup("bad_webhook"),
    "2": our_setup("login_refused"),
    "3": bad_content("bad_parameter"),
    "4": bad_content("missing_parameter"),
    "5": nobody_there("not_on_viber"),
    "6": nobody_there("not_subscribed"),
    "7": our_setup("account_blocked"),
    "8": our_setup("no_such_account"),
    "9": our_setup("account_suspended"),
    "10": our_setup("no_webhook"),
    "11": nobody_there("no_suitable_device"),
    "12": LIMITED,
    "13": our_setup("api_version"),
    "14": nobody_there("old_version"),
    "15": our_setup("forbidden"),
    "21": our_setup("country_not_supported", is_halt=False),
    "23": our_setup("no_credit"),
    "24": our_setup("no_credit"),
}
_EVENTS = {
    "delivered": Status.DELIVERED,
    "seen": Status.OPENED,
    "failed": Status.BOUNCED,
    "unsubscribed": Status.UNSUBSCRIBED,
}


class ViberSettings(Section, prefix="KITH_VIBER_"):
    """A bot: its token, and the name that its messages carry."""

    auth_token: SecretStr
    sender: str
    base_url: str = "https://chatapi.viber.com"


class ViberBot:
    """_calls.Conversation with send_message."""

    setting = "KITH_VIBER_BASE_URL"

    def __init__(self, settings: ViberSettings) -> None:
        self.settings, self.base_url = settings, settings.base_url

    def prepare(self, request: Request) -> Call:
        check_capabilities(CAPABILITIES, html=request.html, amp=request.amp)
        if not re.fullmatch(r"[A-Za-z0-9+/=_-]{8,64}", request.address):
            raise Refused("bad_address", "not a Viber id")
        message = {
            "receiver": request.address,
            "min_api_version": _API_VERSION,
            "sender": {"name": short_text(self.settings.sender, LONGEST_NAME, "sender")},
            "tracking_data": request.message_id,
            **_content(request),
            **_keyboard(request),
        }
        body = json.dumps(message, ensure_ascii=False).encode()
        if len(body) > LARGEST:
            raise Refused("too_long", f"{len(body)} bytes, {LARGEST} at most")
        token = self.settings.auth_token.get_secret_value()
        headers = {"X-Viber-Auth-Token": token, "Content-Type": "application/json"}
        return Call("POST", f"{self.base_url.rstrip('/')}/pa/send_message", headers, body)

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        told = exchange.json_object()
        code = text_of(told, "status")[:10]
        if not exchange.is_success:
            return by_http(exchange.status).answer(request, str(exchange.status), exchange.retry_after)
        if code == "0" and "message_token" in told:
            name = text_of(told, "message_token")
            return Answer(request.message_id, Status.ACCEPTED, provider_code=code, provider_message_id=name)
        # Codes that the page does not list are "general error": certainly refused, for a reason we don't know.
        verdict = STATUSES.get(code) or (later("general_error") if code not in ("", "0") else UNCERTAIN)
        return verdict.answer(request, code, exchange.retry_after)


def read(settings: ViberSettings, inbound: Inbound) -> Reading:
    """One call holds one event. Raises contract.BadSignature."""
    key = settings.auth_token.get_secret_value()
    expected = hmac.new(key.encode(), inbound.body, hashlib.sha256).hexdigest()
    check(is_same(expected, inbound.headers.get("x-viber-content-signature", "").lower()))
    told = json_object(inbound.body)
    if told is None:
        return nothing_but("not_json", inbound.body)
    kind, name = text_of(told, "event"), text_of(told, "message_token")
    at = from_milliseconds(told.get("timestamp"), inbound.received_at)
    if kind == "message":
        return _reply(told, name, at, inbound)
    person = text_of(told, "user_id")
    if kind not in _EVENTS or not person or not name:
        return nothing_but(f"about_{kind[:40]}" if kind.isidentifier() else "no_event", inbound.body)
    is_off = kind == "unsubscribed"  # its token names the event, not a message
    receipt = Receipt(
        event_id("viber", name, kind, person),
        _EVENTS[kind],
        at,
        provider_message_id="" if is_off else name,
        address=person,
        detail="opted_out" if is_off else kind,
    )
    return Reading([receipt])


def _reply(told: Mapping[str, Any], name: str, at: Any, inbound: Inbound) -> Reading:
    """`tracking_data` is that of the last message which the person got: the one that is answered."""
    message, person = inner(told, "message"), text_of(inner(told, "sender"), "id")
    if not person or not name:
        return nothing_but("no_sender", inbound.body)
    receipt = Receipt(
        event_id("viber", name, "received"),
        Status.REPLIED,
        at,
        message_id=text_of(message, "tracking_data"),
        address=person,
        detail=text_of(message, "type")[:40],
        text=text_of(message, "text"),
    )
    return Reading([receipt])


def _content(request: Request) -> dict[str, Any]:
    if not request.media:
        return {"type": "text", "text": short_text(request.text, LONGEST)}
    media, *more = request.media
    if more or media.kind != "image":
        raise Refused(
            "bad_media", "a message holds one picture; of films and files Viber wants the size in bytes"
        )
    text = short_text(request.text, LONGEST_CAPTION) if request.text.strip() else ""
    return {"type": "picture", "text": text, "media": web_address(media.url)}


def _keyboard(request: Request) -> dict[str, Any]:
    if len(request.actions) > _MOST_BUTTONS:
        raise Refused("too_many_actions", f"a keyboard holds {_MOST_BUTTONS} buttons")
    buttons = []
    for action in request.actions:
        title = short_text(action.title, LONGEST_BUTTON, "button")
        kind, body = ("open-url", web_address(action.url)) if action.url else ("reply", title)
        buttons.append({"Columns": 6, "Rows": 1, "ActionType": kind, "ActionBody": body, "Text": title})
    return {"keyboard": {"Type": "keyboard", "Buttons": buttons}} if buttons else {}


def _build() -> CallConnection:
    return CallConnection(ViberBot(read_section(ViberSettings)))


plugin = ChannelPlugin(
    channel="viber",
    provider="viber",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="viber_id",
    is_configured=lambda: bool(environment().get("KITH_VIBER_AUTH_TOKEN")),
    read=lambda inbound: read(read_section(ViberSettings), inbound),
    keeps="Viber keeps messages on devices; there is no call for it",
)
