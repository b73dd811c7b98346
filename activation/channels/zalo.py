"""Zalo: messages of an official account to its followers (by `zalo_id`), and ZNS notices to telephone numbers.

HTTP says 200 whatever happened; codes are negative and differ between versions of the interface, so one that is not
in the table is an unknown outcome. There is no idempotency key.

Options: `kind` (cs, the default: to who wrote in the last 48 hours; transaction; promotion). For a number: `template_id`
and `data.<name>`, the values of that ZNS template.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from activation.channels import _zalo_receipts
from activation.channels._calls import CallConnection
from activation.channels._phones import PhoneSettings, digits
from activation.channels._receiving import inner, text_of
from activation.channels._texts import short_text, web_address
from activation.channels._verdicts import (
    LIMITED,
    UNCERTAIN,
    Verdict,
    bad_content,
    by_http,
    dead_address,
    later,
    nobody_there,
    our_setup,
    policy,
)
from activation.channels._zalo_token import ZaloToken
from activation.channels.contract import (
    Answer,
    Capabilities,
    ChannelPlugin,
    Inbound,
    Reading,
    Reason,
    Refused,
    Request,
    Status,
    WhenUnknown,
    check_capabilities,
)
from activation.http import Call, Exchange
from kith.settings import Section, environment, load_settings, read_section

LONGEST, LONGEST_TITLE, LONGEST_BUTTON = 2_000, 100, 35
_MOST_BUTTONS = 4
_KINDS = ("cs", "transaction", "promotion")
CAPABILITIES = Capabilities(
    content=frozenset({"text", "media", "actions"}),
    batch_size=20,
    when_unknown=WhenUnknown.STOP,
    tells_receipts=True,
    messages_per_second=25.0,
)
_TOKEN_CODES = frozenset({"-216", "-124"})
CODES: Mapping[str, Verdict] = {
    "-32": LIMITED,
    "-108": dead_address("no_such_number"),
    "-115": our_setup("no_credit"),
    "-117": bad_content("no_such_template"),
    "-118": nobody_there("not_on_zalo"),
    "-119": nobody_there("unavailable"),
    "-131": bad_content("template_not_approved"),
    "-132": bad_content("bad_variables"),
    "-144": later("daily_limit", Reason.RATE_LIMITED),
    "-201": bad_content("bad_parameter"),
    "-204": our_setup("no_such_account"),
    "-205": our_setup("account_suspended"),
    "-209": our_setup("forbidden"),
    "-210": bad_content("too_long"),
    "-211": later("quota_used", Reason.RATE_LIMITED),
    "-213": nobody_there("not_following"),
    "-217": policy("blocked"),
    "-218": policy("receiver_limit"),
    "-221": our_setup("account_not_verified"),
    "-224": our_setup("plan_too_small"),
    "-227": nobody_there("inactive"),
    "-230": policy("outside_window"),
    "-232": policy("outside_window"),
}


class ZaloSettings(Section, prefix="KITH_ZALO_"):
    """An official account and its app. `refresh_token` is the one of the first login; those after it are kept in
    KITH_HOME/secrets. `account_secret` signs call-backs."""

    app_id: str
    app_secret: SecretStr
    refresh_token: SecretStr
    account_secret: SecretStr = SecretStr("")
    base_url: str = "https://openapi.zalo.me"
    notice_url: str = "https://business.openapi.zalo.me"
    oauth_url: str = "https://oauth.zaloapp.com"


class ZaloAccount:
    """_calls.Conversation with the official account's and the notices' interfaces."""

    setting = "KITH_ZALO_BASE_URL"

    def __init__(self, settings: ZaloSettings, phones: PhoneSettings, token: ZaloToken) -> None:
        self.settings, self.phones, self.token = settings, phones, token
        self.base_url = settings.base_url

    def prepare(self, request: Request) -> Call:
        check_capabilities(CAPABILITIES, html=request.html, amp=request.amp)
        if re.fullmatch(r"[0-9]{10,25}", request.address):
            kind = request.options.get("kind", "cs")
            if kind not in _KINDS:
                raise Refused("bad_parameter", f"kind is one of {', '.join(_KINDS)}")
            place = f"{self.base_url.rstrip('/')}/v3.0/oa/message/{kind}"
            content = {"recipient": {"user_id": request.address}, "message": _message(request, kind)}
        else:
            place = f"{self.settings.notice_url.rstrip('/')}/message/template"
            content = _notice(request, self.phones)
        headers = {"access_token": self.token.value(), "Content-Type": "application/json"}
        return Call("POST", place, headers, json.dumps(content, ensure_ascii=False).encode())

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        told = exchange.json_object()
        code, data = text_of(told, "error")[:12], inner(told, "data")
        if not exchange.is_success:
            return by_http(exchange.status).answer(request, str(exchange.status), exchange.retry_after)
        name = text_of(data, "message_id") or text_of(data, "msg_id")
        if code == "0" and name:
            return Answer(request.message_id, Status.ACCEPTED, provider_code=code, provider_message_id=name)
        if code in _TOKEN_CODES:
            self.token.drop()
            return later("token_refused").answer(request, code)
        return CODES.get(code, UNCERTAIN).answer(request, code, exchange.retry_after)


class ZaloConnection(CallConnection):
    """The channel; open once it holds a token."""

    def __init__(self, account: ZaloAccount) -> None:
        super().__init__(account)
        self.account = account

    def open(self) -> None:
        super().open()
        self.account.token.value()


def _message(request: Request, kind: str) -> dict[str, Any]:
    if kind != "cs":
        return {"attachment": {"type": "template", "payload": _template(request, kind)}}
    if request.actions:
        raise Refused("unsupported_content", "buttons need the kind transaction or promotion")
    told: dict[str, Any] = {"text": short_text(request.text, LONGEST)}
    if request.media:
        payload = {"template_type": "media", "elements": [_picture(request)]}
        told["attachment"] = {"type": "template", "payload": payload}
    return told


def _template(request: Request, kind: str) -> dict[str, Any]:
    elements: list[dict[str, Any]] = []
    if request.media:
        elements.append({"type": "banner", "image_url": _picture(request)["url"]})
    elements.append({"type": "header", "content": short_text(request.subject, LONGEST_TITLE, "title")})
    elements.append({"type": "text", "content": short_text(request.text, LONGEST)})
    if len(request.actions) > _MOST_BUTTONS:
        raise Refused("too_many_actions", f"a message holds {_MOST_BUTTONS} buttons")
    buttons = [
        {
            "title": short_text(action.title, LONGEST_BUTTON, "button"),
            "type": "oa.open.url",
            "payload": {"url": web_address(action.url)},
        }
        for action in request.actions
    ]
    told = {
        "template_type": request.options.get(
            "template_type", "promotion" if kind == "promotion" else "transaction_order"
        ),
        "language": "VI" if request.locale.lower().startswith("vi") else "EN",
        "elements": elements,
    }
    return {**told, "buttons": buttons} if buttons else told


def _picture(request: Request) -> dict[str, Any]:
    media, *more = request.media
    if more or media.kind != "image":
        raise Refused("bad_media", "a message holds one picture")
    return {"media_type": "image", "url": web_address(media.url)}


def _notice(request: Request, phones: PhoneSettings) -> dict[str, Any]:
    number = digits(request.address, phones)
    if not request.options.get("template_id"):
        raise Refused("no_template", "a notice to a number needs the option template_id")
    if request.media or request.actions:
        raise Refused("unsupported_content", "a notice shows what its template holds")
    values = {
        name.removeprefix("data."): short_text(value, LONGEST, "variable")
        for name, value in request.options.items()
        if name.startswith("data.")
    }
    return {
        "phone": number,
        "template_id": request.options["template_id"],
        "template_data": values,
        "tracking_id": request.message_id,
    }


def _build() -> ZaloConnection:
    settings, home = read_section(ZaloSettings), load_settings().home
    token = ZaloToken(
        settings.oauth_url,
        settings.app_id,
        settings.app_secret,
        settings.refresh_token,
        home / "secrets" / "zalo.json",
    )
    return ZaloConnection(ZaloAccount(settings, read_section(PhoneSettings), token))


def _read(inbound: Inbound) -> Reading:
    settings = read_section(ZaloSettings)
    return _zalo_receipts.read(settings.app_id, settings.account_secret, inbound)


plugin = ChannelPlugin(
    channel="zalo",
    provider="zalo",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="zalo_id",
    is_configured=lambda: bool(environment().get("KITH_ZALO_APP_ID")),
    read=_read,
    keeps="Zalo offers no call for it",
)
