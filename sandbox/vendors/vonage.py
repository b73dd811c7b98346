"""Vonage's SMS API: forms checked, 200 whatever happens, a part for every 160 or 70 characters, signed receipts."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.emulation import Call, Callback, Office, Refusal, Reply, Route, Vendor
from sandbox.vendors._numbers import is_page

SENDER = "KithShop"
_KNOWN = frozenset(
    (
        "api_key",
        "api_secret",
        "from",
        "to",
        "text",
        "type",
        "ttl",
        "client-ref",
        "status-report-req",
        "callback",
    )
)
_REQUIRED = ("api_key", "api_secret", "from", "to", "text")
_PRICE, _REDACTABLE_SECONDS = "0.03330000", 3_600


class _Vonage:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.key, self.secret = office.secret("key")[:8], office.secret("secret")[:16]
        self.signature = office.secret("signature")

    def send(self, call: Call) -> Reply:
        pairs = call.form()
        told = dict(pairs)
        if fault := self._fault(told, len(pairs)):
            self.office.account.refuse(f"status {fault[0]}: {fault[1]}", call.path)
            return _refused(*fault)
        if self.office.habit.refuses(f"+{told['to']}"):
            return self._take(told, "failed", "9")
        return self._take(told, "delivered", "0")

    def redact(self, call: Call) -> Reply:
        """Redact API: 204, 404 for what it never took, 403 where the hour isn't over."""
        login = base64.b64encode(f"{self.key}:{self.secret}".encode()).decode()
        if call.header("authorization") != f"Basic {login}":
            raise Refusal("redact: login", Reply(401, {"title": "Unauthorized"}))
        told = call.json()
        if set(told) != {"id", "product", "type"} or (told["product"], told["type"]) != ("sms", "outbound"):
            raise Refusal("redact: fields", Reply(422, {"title": "Invalid product"}))
        row = self.office.account.find("message", told["id"])
        if row is None:
            return Reply(404, {"title": "Invalid ID"})
        if self.office.now().timestamp() - row["at"] < _REDACTABLE_SECONDS:
            return Reply(403, {"title": "Premature Redaction"})
        self.office.account.write("redaction", told["id"], {})
        return Reply(204)

    def _fault(self, told: Mapping[str, str], count: int) -> tuple[str, str] | None:
        if missing := [name for name in _REQUIRED if not told.get(name)]:
            return "2", f"Missing {missing[0]} param"
        if told["api_key"] != self.key or told["api_secret"] != self.secret:
            return "4", "Bad Credentials"
        if count != len(told) or set(told) - _KNOWN:
            return "3", "Unknown or repeated params"
        if not re.fullmatch(r"[1-9][0-9]{6,14}", told["to"]):
            return "3", "to address is not numeric"
        if told["from"] != SENDER:
            return "15", "Illegal Sender Address - rejected"
        return _text_fault(told)

    def _take(self, told: Mapping[str, str], status: str, code: str) -> Reply:
        size = 70 if told.get("type") == "unicode" else 160
        count = -(-len(told["text"]) // size)
        parts = []
        for number in range(count):
            name = self.office.name_of("part")[:16].upper()
            self.office.account.write("part", name, {"to": told["to"]})
            self._tell(told, name, status, code)
            parts.append(self._part(told, name, number))
        key = str(parts[0]["message-id"])
        row = {
            "to": f"+{told['to']}",
            "text": told["text"],
            "ref": told.get("client-ref", ""),
            "at": self.office.now().timestamp(),
        }
        self.office.take("message", key, row)
        return Reply(200, {"message-count": str(count), "messages": parts})

    def _part(self, told: Mapping[str, str], name: str, number: int) -> dict[str, str]:
        found = {"to": told["to"], "message-id": name, "status": "0", "remaining-balance": "100.0"}
        found |= {"message-price": _PRICE, "network": "23410"}
        return {**found, "client-ref": told["client-ref"]} if "client-ref" in told else found

    def _tell(self, told: Mapping[str, str], name: str, status: str, code: str) -> None:
        fields = {"msisdn": told["to"], "to": told["from"], "network-code": "23410", "messageId": name}
        fields |= {
            "price": _PRICE,
            "status": status,
            "scts": "2601011200",
            "err-code": code,
            "api-key": self.key,
        }
        if "client-ref" in told:
            fields["client-ref"] = told["client-ref"]
        self._call(told.get("callback") or self.office.webhook("sms_vonage"), fields)

    def _call(self, place: str, fields: Mapping[str, str]) -> None:
        now = self.office.now()
        stamped = {
            **fields,
            "message-timestamp": now.strftime("%Y-%m-%d %H:%M:%S"),
            "timestamp": str(int(now.timestamp())),
            "nonce": self.office.name_of("nonce", *fields.values()),
        }
        joined = "".join(
            f"&{name}={stamped[name].replace('&', '_').replace('=', '_')}" for name in sorted(stamped)
        )
        stamped["sig"] = (
            hashlib.md5((joined + self.signature).encode(), usedforsecurity=False).hexdigest().upper()
        )
        headers = {"content-type": "application/json"}
        self.office.call_back(Callback(place, json.dumps(stamped).encode(), headers, after=0.05))


def reply(office: Office, number: str, text: str) -> None:
    """Somebody sends a text to the platform's number."""
    vonage, name = _Vonage(office), office.name_of("reply", number, text)[:16].upper()
    office.account.write("reply", name, {"from": number, "text": text})
    fields = {"msisdn": number.lstrip("+"), "to": "447700900000", "messageId": name, "text": text}
    fields |= {"type": "text", "keyword": (text.split() or [""])[0].upper(), "api-key": vonage.key}
    vonage._call(office.webhook("sms_vonage"), fields)


def _text_fault(told: Mapping[str, str]) -> tuple[str, str] | None:
    kind = told.get("type", "text")
    if kind not in ("text", "unicode"):
        return "3", "Invalid type"
    if kind == "text" and any(ord(each) > 0x20AC for each in told["text"]):
        return "3", "text outside the GSM alphabet needs type unicode"
    if len(told["text"]) > 3_200:
        return "12", "Message too long"
    hold = told.get("ttl", "20000")
    if not hold.isdigit() or not 20_000 <= int(hold) <= 604_800_000:
        return "3", "Invalid ttl"
    if len(told.get("client-ref", "")) > 40:
        return "3", "client-ref too long"
    if "callback" in told and (not is_page(told["callback"]) or len(told["callback"]) > 100):
        return "23", "Invalid Callback Url"
    return None


def _refused(code: str, text: str) -> Reply:
    part: dict[str, Any] = {"status": code, "error-text": text}
    return Reply(200, {"message-count": "1", "messages": [part]})


def _routes(office: Office) -> Sequence[Route]:
    vonage = _Vonage(office)
    return [
        Route("POST", "/sms/json", vonage.send),
        Route("POST", "/v1/redact/transaction", vonage.redact),
    ]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    vonage = _Vonage(office)
    return {
        "KITH_VONAGE_BASE_URL": url,
        "KITH_VONAGE_REDACT_URL": url,
        "KITH_VONAGE_API_KEY": vonage.key,
        "KITH_VONAGE_API_SECRET": vonage.secret,
        "KITH_VONAGE_SENDER": SENDER,
        "KITH_VONAGE_SIGNATURE_SECRET": vonage.signature,
    }


plugin = Vendor(
    "vonage",
    _routes,
    _settings,
    rate=1_000.0,
    burst=1_000.0,
    throttled=lambda seconds: _refused("1", "Throughput Rate Exceeded - please wait [ 250 ] and retry"),
)
