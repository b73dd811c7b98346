"""SendGrid: POST /v3/mail/send as its reference describes it, and signed events of what became of each mail."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.emulation import Call, Callback, Office, Refusal, Reply, Route, Vendor

SENDER = "shop@kith.example"
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\]+@[^\s@<>\"(),:;\\]+\.[A-Za-z0-9-]{2,}")
_FIELDS = {
    *(
        "personalizations",
        "from",
        "reply_to",
        "reply_to_list",
        "subject",
        "content",
        "attachments",
        "template_id",
    ),
    *("headers", "categories", "custom_args", "send_at", "batch_id", "asm", "ip_pool_name", "mail_settings"),
    "tracking_settings",
}
_PERSONAL = {"from", "to", "cc", "bcc", "subject", "headers", "substitutions", "dynamic_template_data"}
_PERSONAL |= {"custom_args", "send_at"}
#: Set by SendGrid itself.
_RESERVED = {
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
    *("to", "from", "subject", "reply-to", "cc", "bcc"),
}
_ORDER = ("text/plain", "text/x-amp-html", "text/html")
_MOST = 1_000
_LONGEST_ARGS = 10_000


class _SendGrid:
    def __init__(self, office: Office) -> None:
        self.office = office

    def send(self, call: Call) -> Reply:
        self._let_in(call)
        mail = self._mail(call)
        name = self.office.name_of("call")
        self.office.account.write("call", name, {})
        for number, person in enumerate(mail["personalizations"]):
            for to in person["to"]:
                self._take(
                    name,
                    number,
                    to["email"],
                    {**mail.get("custom_args", {}), **person.get("custom_args", {})},
                    mail,
                )
        return Reply(202, None, {"x-message-id": name})

    def erase(self, call: Call) -> Reply:
        """Delete recipients' data: at most 5,000 addresses."""
        self._let_in(call)
        told = call.json().get("email_addresses")
        if not isinstance(told, list) or not 1 <= len(told) <= 5_000:
            raise _refused("email_addresses", "a list of 1 to 5000 addresses")
        for address in told:
            self.office.account.write("erased", address, {})
        return Reply(202, {"job_id": self.office.name_of("job")})

    def _let_in(self, call: Call) -> None:
        if call.header("authorization") != f"Bearer {_api_key(self.office)}":
            raise Refusal("login", Reply(401, _errors("The provided authorization grant is invalid")))
        if call.method == "POST" and not call.header("content-type").startswith("application/json"):
            raise Refusal("content type", Reply(415, _errors("Content-Type should be application/json.")))

    def _mail(self, call: Call) -> dict[str, Any]:
        try:
            mail = call.json()
        except ValueError:
            raise _refused(None, "Bad Request") from None
        if not isinstance(mail, dict) or set(mail) - _FIELDS:
            raise _refused(None, "unknown fields")
        _check_people(mail)
        if mail.get("from", {}).get("email") != SENDER:
            reply = Reply(403, _errors("The from address does not match a verified Sender Identity.", "from"))
            raise Refusal("sender", reply)
        _check_content(mail)
        _check_rest(mail)
        return mail

    def _take(
        self, name: str, number: int, address: str, args: Mapping[str, str], mail: Mapping[str, Any]
    ) -> None:
        key = str(args.get("kith_message") or f"{name}.{number}")
        self.office.take("message", key, {"to": address, "name": name, "mail": mail})
        words = ["processed", "bounce" if self.office.habit.refuses(address) else "delivered"]
        self.office.call_back(self._told([self._event(word, name, number, address, args) for word in words]))

    def _event(
        self, word: str, name: str, number: int, address: str, args: Mapping[str, str]
    ) -> dict[str, Any]:
        gone = {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 The account does not exist."}
        return {
            **args,
            "email": address,
            "timestamp": int(self.office.now().timestamp()),
            "event": word,
            "sg_event_id": self.office.name_of("event", name, str(number), word, address),
            "sg_message_id": f"{name}.filter0001.{number}",
            **(gone if word == "bounce" else {}),
        }

    def _told(self, events: Sequence[Mapping[str, Any]]) -> Callback:
        body, stamp = json.dumps(events).encode(), str(int(self.office.now().timestamp()))
        signature = _key(self.office).sign(stamp.encode() + body, ec.ECDSA(SHA256()))
        headers = {
            "content-type": "application/json",
            "x-twilio-email-event-webhook-signature": b64encode(signature).decode(),
            "x-twilio-email-event-webhook-timestamp": stamp,
        }
        return Callback(self.office.webhook("email_sendgrid"), body, headers, after=0.05)


def _check_people(mail: Mapping[str, Any]) -> None:
    people = mail.get("personalizations")
    if not isinstance(people, list) or not 1 <= len(people) <= _MOST:
        raise _refused("personalizations", "1 to 1000 are required")
    seen = 0
    for number, person in enumerate(people):
        field = f"personalizations.{number}"
        if not isinstance(person, dict) or set(person) - _PERSONAL:
            raise _refused(field, "unknown fields")
        tos = person.get("to")
        if not isinstance(tos, list) or not tos:
            raise _refused(f"{field}.to", "The to array is required for all personalization objects")
        for place, to in enumerate(tos):
            if not _ADDRESS.fullmatch(str(to.get("email", ""))):
                raise _refused(f"{field}.to.{place}.email", "Does not contain a valid address.")
        seen += len(tos)
        _check_args(person.get("custom_args", {}), field)
    if seen > _MOST:
        raise _refused("personalizations", "more than 1000 recipients")


def _check_content(mail: Mapping[str, Any]) -> None:
    """In the order in which they become parts: plain, AMP, HTML."""
    if not mail.get("subject"):
        raise _refused("subject", "The subject is required.")
    content = mail.get("content")
    if not isinstance(content, list) or not content:
        raise _refused("content", "The content value must be a list of at least one object")
    kinds = [each.get("type") for each in content]
    if any(set(each) != {"type", "value"} or not each["value"] for each in content):
        raise _refused("content", "type and value, neither empty")
    if kinds != [kind for kind in _ORDER if kind in kinds]:
        raise _refused("content", "text/plain must come first, then text/x-amp-html, then text/html")


def _check_rest(mail: Mapping[str, Any]) -> None:
    headers = mail.get("headers", {})
    for name, value in headers.items():
        if name.lower() in _RESERVED or not isinstance(value, str) or not f"{name}{value}".isascii():
            raise _refused(f"headers.{name}", "reserved, no text or not ASCII")
    if len(mail.get("categories", [])) > 10 or any(len(each) > 255 for each in mail.get("categories", [])):
        raise _refused("categories", "10 of 255 characters at most")
    if not 2 <= len(mail.get("ip_pool_name", "pool")) <= 64:
        raise _refused("ip_pool_name", "2 to 64 characters")
    _check_args(mail.get("custom_args", {}), "custom_args")


def _check_args(args: Mapping[str, Any], field: str) -> None:
    if not all(isinstance(each, str) for each in args.values()) or len(json.dumps(args)) > _LONGEST_ARGS:
        raise _refused(f"{field}.custom_args", "texts, of 10000 bytes together")


def _refused(field: str | None, message: str) -> Refusal:
    return Refusal(f"{field}: {message}", Reply(400, _errors(message, field)))


def _errors(message: str, field: str | None = None) -> dict[str, Any]:
    return {"errors": [{"message": message, "field": field, "help": None}]}


def _api_key(office: Office) -> str:
    return f"SG.{office.secret('api key', 22)}.{office.secret('api secret', 43)}"


def _key(office: Office) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(office.secret("events", 48), 16), ec.SECP256R1())


def _public(office: Office) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    raw = _key(office).public_key().public_bytes(serialization.Encoding.DER, form)
    return b64encode(raw).decode()


def _routes(office: Office) -> Sequence[Route]:
    sendgrid = _SendGrid(office)
    return [
        Route("POST", "/v3/mail/send", sendgrid.send),
        Route("POST", "/v3/recipients/erasejob", sendgrid.erase),
    ]


def _throttled(seconds: float) -> Reply:
    reset = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(max(1, round(seconds)))}
    return Reply(429, _errors("too many requests"), {**reset, "retry-after": str(max(1, round(seconds)))})


plugin = Vendor(
    "sendgrid",
    _routes,
    lambda url, office: {
        "KITH_SENDGRID_API_KEY": _api_key(office),
        "KITH_SENDGRID_SENDER": SENDER,
        "KITH_SENDGRID_PUBLIC_KEY": _public(office),
        "KITH_SENDGRID_BASE_URL": url,
    },
    rate=10_000.0,
    burst=10_000.0,
    throttled=_throttled,
    broken=lambda status: Reply(status, _errors("Internal Server Error")),
)
