"""Zalo's official account and notices: tokens whose refresh works once, codes in a 200, events with a plain hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kith.clock import WallClock
from sandbox.emulation import Call, Callback, Office, Refusal, Reply, Route, Vendor
from sandbox.vendors._numbers import is_page

APP_ID = "3482178216594085616"
WINDOW, LIFETIME = timedelta(hours=48), 90_000
_KINDS = ("cs", "transaction", "promotion")


class _Zalo:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.app_secret, self.first = office.secret("app"), office.secret("refresh")
        self.account_secret = office.secret("account")

    def token(self, call: Call) -> Reply:
        """A new pair; the refresh token that was shown is dead from now on."""
        told = dict(call.form())
        shown = told.get("refresh_token", "")
        is_ours = call.header("secret_key") == self.app_secret and told.get("app_id") == APP_ID
        if not is_ours or told.get("grant_type") != "refresh_token":
            raise _refusal(-14002, "Invalid app or secret")
        issued = {row["key"] for row in self.office.account.rows("refresh")} | {self.first}
        if shown not in issued or self.office.account.find("spent", shown):
            raise _refusal(-14014, "Invalid refresh token")
        self.office.account.write("spent", shown, {})
        access, following = self.office.name_of("access"), self.office.name_of("refresh")
        until = WallClock().now().timestamp() + LIFETIME
        self.office.account.write("access", access, {"until": until})
        self.office.account.write("refresh", following, {})
        return Reply(200, {"access_token": access, "refresh_token": following, "expires_in": str(LIFETIME)})

    def send(self, call: Call) -> Reply:
        content, kind = self._content(call), call.parts["kind"]
        if kind not in _KINDS or set(content) != {"recipient", "message"}:
            raise _refusal(-201, "Params is invalid")
        person = str(content["recipient"].get("user_id", ""))
        if not re.fullmatch(r"[0-9]{10,25}", person):
            raise _refusal(-201, "user_id is invalid")
        if self.office.habit.refuses(person) or self.office.account.find("left", person):
            raise _refusal(-213, "User has not followed OA")
        _check_message(content["message"], kind)
        if kind == "cs" and not self._is_open(person):
            raise _refusal(-230, "User has not interacted with the OA in the past 7 days")
        name = self.office.name_of("message")[:20]
        self.office.take("message", name, {"to": person, "message": content["message"], "purpose": kind})
        told = {"recipient": {"id": person}, "message": {"msg_id": name}}
        self.tell("user_received_message", told)
        return Reply(200, {"error": 0, "message": "Success", "data": {"message_id": name, "user_id": person}})

    def notice(self, call: Call) -> Reply:
        """ZNS: a template to a number."""
        told = self._content(call)
        if set(told) - {"phone", "template_id", "template_data", "tracking_id"}:
            raise _refusal(-201, "Params is invalid")
        number = str(told.get("phone", ""))
        if not re.fullmatch(r"[1-9][0-9]{6,14}", number):
            raise _refusal(-108, "Phone number is invalid")
        if not told.get("template_id") or len(str(told.get("tracking_id", ""))) > 48:
            raise _refusal(-117, "Template is invalid")
        if self.office.habit.refuses(f"+{number}"):
            raise _refusal(-118, "Zalo account not existed")
        name = self.office.name_of("notice")[:20]
        self.office.take("notice", name, {"to": f"+{number}", "notice": told, "ref": told.get("tracking_id")})
        sent = str(int(self.office.now().timestamp() * 1_000))
        return Reply(200, {"error": 0, "message": "Success", "data": {"msg_id": name, "sent_time": sent}})

    def _content(self, call: Call) -> dict[str, Any]:
        found = self.office.account.find("access", call.header("access_token"))
        if found is None or found["until"] < WallClock().now().timestamp():
            raise _refusal(-216, "Access token is invalid")
        try:
            content = call.json()
        except ValueError:
            content = None
        if not isinstance(content, dict) or not isinstance(content.get("recipient", {}), dict):
            raise _refusal(-201, "Params is invalid")
        return content

    def _is_open(self, person: str) -> bool:
        wrote = self.office.account.find("window", person)
        return wrote is not None and datetime.fromisoformat(wrote["at"]) > self.office.now() - WINDOW

    def tell(self, event: str, content: Mapping[str, Any]) -> None:
        stamp = str(int(self.office.now().timestamp() * 1_000))
        body = json.dumps({"app_id": APP_ID, "event_name": event, "timestamp": stamp, **content}).encode()
        signed = APP_ID.encode() + body + stamp.encode() + self.account_secret.encode()
        headers = {
            "content-type": "application/json",
            "x-zevent-signature": f"mac={hashlib.sha256(signed).hexdigest()}",
        }
        self.office.call_back(Callback(self.office.webhook("zalo"), body, headers, after=0.05))

    def end_tokens(self) -> None:
        """Every access token ends now, whatever it said of its age."""
        for row in self.office.account.rows("access"):
            self.office.account.write("access", row["key"], {"until": 0})


def reply(office: Office, person: str, text: str) -> None:
    """Somebody writes to the account: for 48 hours they may be answered."""
    office.account.write("window", person, {"at": office.now().isoformat()})
    name = office.name_of("reply", person, text)[:20]
    office.account.write("reply", name, {"from": person, "text": text})
    _Zalo(office).tell(
        "user_send_text", {"sender": {"id": person}, "message": {"msg_id": name, "text": text}}
    )


def leave(office: Office, person: str) -> None:
    """Somebody stops following."""
    office.account.write("left", person, {})
    _Zalo(office).tell("unfollow", {"follower": {"id": person}, "source": "oa_profile"})


def end_tokens(office: Office) -> None:
    """The account's access tokens are refused from now on; refreshing gives another."""
    _Zalo(office).end_tokens()


def _check_message(told: Any, kind: str) -> None:
    if not isinstance(told, dict) or set(told) - {"text", "attachment"}:
        raise _refusal(-201, "message is invalid")
    if len(str(told.get("text", ""))) > 2_000:
        raise _refusal(-210, "text is too long")
    if kind == "cs":
        if not told.get("text"):
            raise _refusal(-201, "text is empty")
        return
    payload = (told.get("attachment") or {}).get("payload") or {}
    elements = payload.get("elements") or []
    if not payload.get("template_type") or payload.get("language") not in ("VI", "EN"):
        raise _refusal(-201, "payload is invalid")
    if {"header", "text"} - {element.get("type") for element in elements}:
        raise _refusal(-201, "elements need a header and a text")
    buttons = payload.get("buttons", [])
    if len(buttons) > 4 or not all(is_page(button["payload"]["url"]) for button in buttons):
        raise _refusal(-201, "buttons are invalid")


def _refusal(code: int, message: str) -> Refusal:
    return Refusal(f"{code} {message}", Reply(200, {"error": code, "message": message}))


def _routes(office: Office) -> Sequence[Route]:
    zalo = _Zalo(office)
    return [
        Route("POST", "/v4/oa/access_token", zalo.token),
        Route("POST", "/v3.0/oa/message/{kind}", zalo.send),
        Route("POST", "/message/template", zalo.notice),
    ]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    zalo = _Zalo(office)
    return {
        "KITH_ZALO_BASE_URL": url,
        "KITH_ZALO_NOTICE_URL": url,
        "KITH_ZALO_OAUTH_URL": url,
        "KITH_ZALO_APP_ID": APP_ID,
        "KITH_ZALO_APP_SECRET": zalo.app_secret,
        "KITH_ZALO_REFRESH_TOKEN": zalo.first,
        "KITH_ZALO_ACCOUNT_SECRET": zalo.account_secret,
    }


plugin = Vendor(
    "zalo",
    _routes,
    _settings,
    rate=1_000.0,
    burst=1_000.0,
    throttled=lambda seconds: Reply(
        200, {"error": -32, "message": "Your application reached limit call api"}
    ),
)
