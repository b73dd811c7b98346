"""A push service and the browsers behind it: VAPID and headers are checked, and the browser decrypts what it gets."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import http_ece
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kith.clock import WallClock
from kith.ids import stable_id
from sandbox.emulation import Call, Office, Refusal, Reply, Route, Vendor

LARGEST, LONGEST_TTL, LONGEST_TOKEN = 4_096, 2_419_200, 86_400
_URGENCIES = {"", "very-low", "low", "normal", "high"}
_SHOWN = {"title", "body", "image", "url", "tag", "data", "actions"}


class _Service:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.key = _public(_key(office))

    def subscribe(self, call: Call) -> Reply:
        """What the browser of that name gives the page; for tests and demos."""
        return Reply(
            200, json.loads(subscription(call.url.partition("/subscriptions/")[0], call.parts["name"]))
        )

    def push(self, call: Call) -> Reply:
        name = call.parts["name"]
        if self.office.habit.refuses(name):
            raise Refusal("gone", Reply(410, {"reason": "unsubscribed"}))
        self._let_in(call)
        ttl, topic = call.header("ttl"), call.header("topic")
        if not re.fullmatch(r"\d{1,9}", ttl) or int(ttl) > LONGEST_TTL:
            raise _refusal(400, "TTL is required")
        if topic and not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", topic):
            raise _refusal(400, "bad Topic")
        if call.header("urgency") not in _URGENCIES:
            raise _refusal(400, "bad Urgency")
        shown = self._decrypted(call, name)
        told = {"to": name, "topic": topic, "ttl": int(ttl), "shown": shown}
        self.office.take("message", str(shown["data"]["message_id"]), told)
        return Reply(201, None, {"location": f"/message/{self.office.name_of('message')}"})

    def _let_in(self, call: Call) -> None:
        found = re.fullmatch(r"vapid t=([\w.-]+), ?k=([\w-]+)", call.header("authorization"))
        if found is None:
            raise _refusal(401, "no VAPID")
        if found[2] != self.key:
            raise _refusal(403, "subscribed with another key")
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(found[2]))
        place = urlsplit(call.url)
        try:
            told = jwt.decode(
                found[1], point, algorithms=["ES256"], audience=f"{place.scheme}://{place.netloc}"
            )
        except jwt.PyJWTError as error:
            raise _refusal(403, f"token: {type(error).__name__}") from None
        ahead = told.get("exp", 0) - WallClock().now().timestamp()
        if ahead > LONGEST_TOKEN or not str(told.get("sub", "")).startswith(("mailto:", "https:")):
            raise _refusal(403, "token: exp or sub")

    def _decrypted(self, call: Call, name: str) -> dict[str, Any]:
        if call.header("content-encoding") != "aes128gcm":
            raise _refusal(415, "aes128gcm alone")
        if len(call.body) > LARGEST:
            raise _refusal(413, "too large")
        key, secret = _browser(name)
        try:
            plain = http_ece.decrypt(call.body, private_key=key, auth_secret=secret, version="aes128gcm")
            shown = json.loads(plain)
        except (http_ece.ECEException, ValueError):
            raise _refusal(400, "nobody can read it") from None
        if set(shown) - _SHOWN or not isinstance(shown.get("data"), dict):
            raise _refusal(400, "the page's worker does not know this")
        return shown


def subscription(url: str, name: str) -> str:
    """The subscription of one browser at the service of that URL, as a page would store it."""
    key, secret = _browser(name)
    keys = {"p256dh": _public(key), "auth": _text(secret)}
    return json.dumps({"endpoint": f"{url}/push/{name}", "expirationTime": None, "keys": keys})


def _browser(name: str) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    number = int(stable_id("browser", name), 16) + 1
    return ec.derive_private_key(number, ec.SECP256R1()), bytes.fromhex(stable_id("secret", name))


def _public(key: ec.EllipticCurvePrivateKey) -> str:
    form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    return _text(key.public_key().public_bytes(*form))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _refusal(status: int, why: str) -> Refusal:
    return Refusal(why, Reply(status, {"code": status, "message": why}))


def _key(office: Office) -> ec.EllipticCurvePrivateKey:
    """The shop's own VAPID key, made once."""
    file = office.folder / "vapid.pem"
    if not file.exists():
        pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        file.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(*pem))
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the VAPID key is of another kind")
    return key


def _settings(url: str, office: Office) -> Mapping[str, str]:
    return {
        "KITH_WEBPUSH_KEY": str(office.folder / "vapid.pem"),
        "KITH_WEBPUSH_CONTACT": "mailto:push@shop.example",
        "KITH_WEBPUSH_REACH": "any",
    }


def _routes(office: Office) -> Sequence[Route]:
    service = _Service(office)
    return [
        Route("POST", "/push/{name}", service.push),
        Route("GET", "/subscriptions/{name}", service.subscribe),
    ]


plugin = Vendor("webpush", _routes, _settings)
