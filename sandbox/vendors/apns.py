"""Apple's push service over HTTP/2: provider tokens, headers, payloads, and the reasons of its reference."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from uuid import UUID, uuid5

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kith.clock import WallClock
from kith.ids import stable_id
from sandbox.emulation import Call, Office, Refusal, Reply, Route, Vendor

TOPIC, KEY_ID, TEAM_ID = "com.example.shop", "ABC1234567", "TEAM123456"
LARGEST, OLDEST_TOKEN = 4_096, 3_600
_DEVICE = re.compile(r"(?:[0-9a-fA-F]{2}){32,100}")
_TYPES = {
    "alert",
    "background",
    "location",
    "voip",
    "complication",
    "fileprovider",
    "mdm",
    "liveactivity",
    "pushtotalk",
}
_ALERT = {
    "title",
    "subtitle",
    "body",
    "launch-image",
    "title-loc-key",
    "title-loc-args",
    "loc-key",
    "loc-args",
}
_APS: dict[str, type | tuple[type, ...]] = {
    "alert": (dict, str),
    "badge": int,
    "sound": (str, dict),
    "thread-id": str,
    "category": str,
    "content-available": int,
    "mutable-content": int,
}


class _Apple:
    def __init__(self, office: Office) -> None:
        self.office = office
        self.public_key = _key(office).public_key()

    def send(self, call: Call) -> Reply:
        self._let_in(call)
        own = call.header("apns-id") or str(
            uuid5(UUID(int=0), stable_id(str(self.office.account.count("message"))))
        )
        if not re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", own):
            raise _refusal(400, "BadMessageId")
        self._check_headers(call)
        payload = _payload(call)
        device = call.parts["device"]
        if not _DEVICE.fullmatch(device):
            raise _refusal(400, "BadDeviceToken", own)
        if self.office.habit.refuses(device):
            gone = int((self.office.now().timestamp() - 86_400) * 1_000)
            raise _refusal(410, "Unregistered", own, timestamp=gone)
        collapse = call.header("apns-collapse-id")
        self.office.take(
            "message", own.replace("-", ""), {"to": device, "collapse": collapse, "payload": payload}
        )
        return Reply(200, None, {"apns-id": own})

    def _let_in(self, call: Call) -> None:
        token = call.header("authorization").removeprefix("bearer ").removeprefix("Bearer ")
        if not token:
            raise _refusal(403, "MissingProviderToken")
        try:
            told = jwt.decode(token, self.public_key, algorithms=["ES256"], options={"verify_iat": False})
            known = jwt.get_unverified_header(token).get("kid") == KEY_ID and told.get("iss") == TEAM_ID
        except jwt.PyJWTError:
            known, told = False, {}
        if not known or not isinstance(told.get("iat"), int):
            raise _refusal(403, "InvalidProviderToken")
        revoked = self.office.account.find("revoked", stable_id(token)) is not None
        if revoked or WallClock().now().timestamp() - told["iat"] > OLDEST_TOKEN:
            raise _refusal(403, "ExpiredProviderToken")

    def _check_headers(self, call: Call) -> None:
        if not call.header("apns-topic"):
            raise _refusal(400, "MissingTopic")
        if call.header("apns-topic") != TOPIC:
            raise _refusal(400, "DeviceTokenNotForTopic")
        if call.header("apns-push-type") not in _TYPES:
            raise _refusal(400, "InvalidPushType")
        if call.header("apns-priority") not in ("", "1", "5", "10"):
            raise _refusal(400, "BadPriority")
        if not re.fullmatch(r"\d{0,12}", call.header("apns-expiration")):
            raise _refusal(400, "BadExpirationDate")
        if len(call.header("apns-collapse-id").encode()) > 64:
            raise _refusal(400, "BadCollapseId")


def _payload(call: Call) -> dict[str, object]:
    if not call.body:
        raise _refusal(400, "PayloadEmpty")
    if len(call.body) > LARGEST:
        raise _refusal(413, "PayloadTooLarge")
    try:
        told = json.loads(call.body)
        aps = told["aps"]
        wrong = [name for name, value in aps.items() if not isinstance(value, _APS[name])]
        alert = aps.get("alert", {})
        wrong += set(alert) - _ALERT if isinstance(alert, dict) else []
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _refusal(400, "BadPayload") from None  # Apple drops such a thing on the device
    if wrong:
        raise _refusal(400, "BadPayload")
    return told


def _refusal(status: int, reason: str, own: str = "", **told: int) -> Refusal:
    return Refusal(reason, Reply(status, {"reason": reason, **told}, {"apns-id": own} if own else {}))


def _key(office: Office) -> ec.EllipticCurvePrivateKey:
    """The team's key, made once."""
    file = office.folder / "AuthKey.p8"
    if not file.exists():
        pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        file.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(*pem))
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the team's key is of another kind")
    return key


def _settings(url: str, office: Office) -> Mapping[str, str]:
    told = {"KEY": str(office.folder / "AuthKey.p8"), "KEY_ID": KEY_ID, "TEAM_ID": TEAM_ID}
    told |= {"TOPIC": TOPIC, "BASE_URL": url}
    return {f"KITH_APNS_{name}": value for name, value in told.items()}


def _routes(office: Office) -> Sequence[Route]:
    return [Route("POST", "/3/device/{device}", _Apple(office).send)]


_REASONS = {500: "InternalServerError", 503: "ServiceUnavailable"}
plugin = Vendor(
    "apns",
    _routes,
    _settings,
    throttled=lambda seconds: Reply(
        429, {"reason": "TooManyRequests"}, {"retry-after": str(max(1, round(seconds)))}
    ),
    broken=lambda status: Reply(status, {"reason": _REASONS.get(status, "Shutdown")}),
    is_http2=True,
)
