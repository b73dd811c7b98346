"""Facebook Messenger: one call a message, to people who wrote to the page in the last 24 hours.

Outside that window Meta allows next to nothing, and nothing that a journey may send: message tags are refused here.
There is no idempotency key. Addresses are page-scoped ids, of the identifier type `messenger_id`.
"""

import re
from collections.abc import Mapping
from typing import Any

from activation.channels import _messenger_receipts, _meta
from activation.channels._calls import CallConnection
from activation.channels._meta import MetaSettings
from activation.channels._receiving import text_of
from activation.channels._texts import short_text, web_address
from activation.channels._verdicts import (
    LIMITED,
    UNCERTAIN,
    Verdict,
    bad_content,
    later,
    nobody_there,
    our_setup,
    policy,
)
from activation.channels.contract import (
    Action,
    Answer,
    Capabilities,
    ChannelPlugin,
    Inbound,
    Reading,
    Refused,
    Request,
    Status,
    WhenUnknown,
    check_capabilities,
)
from activation.http import Call, Exchange
from kith.settings import environment, read_section

LONGEST, LONGEST_TEMPLATE, LONGEST_BUTTON = 2_000, 640, 20
_MOST_BUTTONS, _MOST_REPLIES = 3, 13
_KINDS = {"image": "image", "video": "video", "audio": "audio", "document": "file"}
_TYPES = ("RESPONSE", "UPDATE")
CAPABILITIES = Capabilities(
    content=frozenset({"text", "media", "actions"}),
    batch_size=20,
    when_unknown=WhenUnknown.STOP,
    tells_receipts=True,
    messages_per_second=40.0,
)
CODES: Mapping[str, Verdict] = {
    "2": later("server_error"),
    "4": LIMITED,
    "10": our_setup("forbidden"),
    "10/2018278": policy("outside_window"),
    "10/2018065": policy("outside_window"),
    "100": bad_content("bad_parameter"),
    "100/2018001": nobody_there("no_such_person"),
    "190": our_setup("login_refused"),
    "200": our_setup("forbidden"),
    "200/1545041": nobody_there("unavailable"),
    "230": our_setup("forbidden"),
    "368": our_setup("account_blocked"),
    "551": nobody_there("unavailable"),
    "613": LIMITED,
}


class MessengerSettings(MetaSettings, prefix="KITH_MESSENGER_"):
    """A page. `access_token` is the page's own."""

    page_id: str


class Messenger:
    """_calls.Conversation with /{page}/messages."""

    setting = "KITH_MESSENGER_BASE_URL"

    def __init__(self, settings: MessengerSettings) -> None:
        self.settings, self.base_url = settings, settings.base_url

    def prepare(self, request: Request) -> Call:
        check_capabilities(CAPABILITIES, html=request.html, amp=request.amp)
        if not re.fullmatch(r"[0-9]{5,30}", request.address):
            raise Refused("bad_address", "not a page-scoped id")
        if request.options.get("tag"):
            raise Refused("message_tag", "tags are for people who answer, or are withdrawn")
        kind = request.options.get("messaging_type", "UPDATE")
        if kind not in _TYPES:
            raise Refused("bad_parameter", f"messaging_type is {' or '.join(_TYPES)}")
        content = {
            "recipient": {"id": request.address},
            "messaging_type": kind,
            "message": {**_message(request), "metadata": request.message_id},
        }
        return _meta.post(self.settings, self.settings.page_id, content)

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        if not exchange.is_success:
            return _meta.refused(request, exchange, CODES)
        message = text_of(exchange.json_object(), "message_id")
        if not message:
            return UNCERTAIN.answer(request)
        return Answer(request.message_id, Status.ACCEPTED, provider_message_id=message)


def _message(request: Request) -> dict[str, Any]:
    if request.media:
        return _attachment(request)
    if any(action.url for action in request.actions):
        return {"attachment": {"type": "template", "payload": _buttons(request)}}
    told: dict[str, Any] = {"text": short_text(request.text, LONGEST)}
    if len(request.actions) > _MOST_REPLIES:
        raise Refused("too_many_actions", f"a message holds {_MOST_REPLIES} answers")
    if request.actions:
        told["quick_replies"] = [
            {"content_type": "text", "title": _title(action), "payload": _title(action)}
            for action in request.actions
        ]
    return told


def _attachment(request: Request) -> dict[str, Any]:
    (media, *more) = request.media
    if more or request.actions or request.text.strip():
        raise Refused("unsupported_content", "a file goes alone: without text, buttons or a second one")
    if media.kind not in _KINDS:
        raise Refused("bad_media", f"this channel carries {', '.join(_KINDS)}")
    payload = {"url": web_address(media.url), "is_reusable": True}
    return {"attachment": {"type": _KINDS[media.kind], "payload": payload}}


def _buttons(request: Request) -> dict[str, Any]:
    if len(request.actions) > _MOST_BUTTONS:
        raise Refused("too_many_actions", f"a message with a link holds {_MOST_BUTTONS} buttons")
    return {
        "template_type": "button",
        "text": short_text(request.text, LONGEST_TEMPLATE),
        "buttons": [_button(action) for action in request.actions],
    }


def _button(action: Action) -> dict[str, str]:
    title = _title(action)
    if action.url:
        return {"type": "web_url", "url": web_address(action.url), "title": title}
    return {"type": "postback", "title": title, "payload": title}


def _title(action: Action) -> str:
    return short_text(action.title, LONGEST_BUTTON, "button")


def _build() -> CallConnection:
    return CallConnection(Messenger(read_section(MessengerSettings)))


def _read(inbound: Inbound) -> Reading:
    settings = read_section(MessengerSettings)
    if inbound.method == "GET":
        return _meta.subscribe(settings, inbound)
    _meta.check_signature(settings, inbound)
    return _messenger_receipts.read(inbound)


plugin = ChannelPlugin(
    channel="messenger",
    provider="facebook",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="messenger_id",
    is_configured=lambda: bool(environment().get("KITH_MESSENGER_ACCESS_TOKEN")),
    read=_read,
    keeps="a page's conversation belongs to the person, who alone can delete it",
)
