"""Firebase Cloud Messaging, HTTP v1: the token place and messages:send, with the errors of the reference."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kith.clock import WallClock
from sandbox.emulation import Call, Office, Refusal, Reply, Route, Vendor

PROJECT, ACCOUNT, SCOPE = (
    "kith-sandbox",
    "sender@kith-sandbox.invalid",
    "https://www.googleapis.com/auth/firebase.messaging",
)
AUDIENCE = "https://oauth2.googleapis.com/token"
LARGEST, LONGEST_TTL, LIFETIME = 4_096, 2_419_200, 3_600
_TYPE = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_TOKEN = re.compile(r"[A-Za-z0-9_:.\-]{1,4096}")
_RESERVED = re.compile(r"from|message_type|google\..*|gcm\..*")
_STATUSES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
_STATUSES |= {429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}

# The fields that this emulator knows, by their paths; whatever else comes is an unknown name, as at the vendor's.
_SHAPE: dict[str, Any] = {
    "token": str,
    "fid": str,
    "notification": {"title": str, "body": str, "image": str},
    "data": dict,
    "android": {
        "collapseKey": str,
        "priority": str,
        "ttl": str,
        "notification": {
            **dict.fromkeys(("title", "body", "icon", "color", "sound", "tag", "channelId", "image"), str),
            "notificationCount": int,
        },
    },
    "fcmOptions": {"analyticsLabel": str},
}


class _Firebase:
    def __init__(self, office: Office) -> None:
        self.office = office

    def token(self, call: Call) -> Reply:
        """OAuth 2.0 for a service account (RFC 7523)."""
        fields = dict(call.form())
        try:
            claims = jwt.decode(
                fields["assertion"],
                _key(self.office).public_key(),
                algorithms=["RS256"],
                options={"verify_aud": False},
            )
        except (KeyError, jwt.PyJWTError) as error:
            raise Refusal(
                f"assertion: {type(error).__name__}", Reply(400, {"error": "invalid_grant"})
            ) from None
        if claims.get("iss") != ACCOUNT or claims.get("scope") != SCOPE:
            raise Refusal("assertion: claims", Reply(400, {"error": "invalid_scope"}))
        if claims.get("aud") not in (AUDIENCE, call.url):
            raise Refusal("assertion: audience", Reply(400, {"error": "invalid_grant"}))
        now = int(WallClock().now().timestamp())
        name = self.office.name_of("token")
        self.office.account.write("token", name, {"until": now + LIFETIME})
        return Reply(200, {"access_token": name, "expires_in": LIFETIME, "token_type": "Bearer"})

    def send(self, call: Call) -> Reply:
        self._let_in(call)
        if call.parts["project"] != PROJECT:
            raise _error(403, "no such project")
        message = self._checked(call)
        target = str(message.get("token") or message.get("fid"))
        if not _TOKEN.fullmatch(target):
            raise _error(400, "not a valid token", field="message.token")
        if self.office.habit.refuses(target):
            raise _error(404, "Requested entity was not found.", code="UNREGISTERED")
        name = self.office.name_of("message")
        key = str(message.get("data", {}).get("message_id") or name)
        self.office.take("message", key, {"to": target, "name": name, "message": message})
        return Reply(200, {"name": f"projects/{PROJECT}/messages/{name}"})

    def _let_in(self, call: Call) -> None:
        found = self.office.account.find("token", call.header("authorization").removeprefix("Bearer "))
        if found is None or found["until"] < WallClock().now().timestamp():
            raise _error(401, "Request had invalid authentication credentials.")

    def _checked(self, call: Call) -> dict[str, Any]:
        try:
            told = call.json()
        except ValueError:
            raise _error(400, "Invalid JSON payload received.") from None
        message = told.get("message") if isinstance(told, dict) else None
        if not isinstance(message, dict) or set(told) - {"message", "validateOnly"}:
            raise _error(400, "message is required", field="message")
        _check_shape(message, _SHAPE, "message")
        if ("token" in message) == ("fid" in message):
            raise _error(400, "exactly one target", field="message")
        _check_values(message)
        return message


def _check_shape(found: Mapping[str, Any], shape: Mapping[str, Any], path: str) -> None:
    for name, value in found.items():
        expected = shape.get(name)
        kind = dict if isinstance(expected, dict) else expected
        if kind is None or not isinstance(value, kind) or isinstance(value, bool):
            raise _error(400, f"Invalid value or unknown name at '{path}.{name}'", field=f"{path}.{name}")
        if isinstance(expected, dict):
            _check_shape(value, expected, f"{path}.{name}")


def _check_values(message: Mapping[str, Any]) -> None:
    data = message.get("data", {})
    for name, value in data.items():
        if not isinstance(value, str) or _RESERVED.fullmatch(name):
            raise _error(400, "Invalid data payload key", field=f"message.data[{name}]")
    shown = {name: message[name] for name in ("notification", "data") if name in message}
    if len(json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()) > LARGEST:
        raise _error(400, "Message too big")
    android = message.get("android", {})
    if android.get("priority", "HIGH") not in ("NORMAL", "HIGH"):
        raise _error(400, "Invalid priority", field="message.android.priority")
    ttl = re.fullmatch(r"(\d{1,9})(?:\.\d{1,9})?s", android.get("ttl", "0s"))
    if ttl is None or int(ttl[1]) > LONGEST_TTL:
        raise _error(400, "Invalid ttl", field="message.android.ttl")


def _error(status: int, message: str, field: str = "", code: str = "") -> Refusal:
    return Refusal(field or code or message, Reply(status, _shape(status, message, field, code)))


def _shape(status: int, message: str, field: str = "", code: str = "") -> dict[str, Any]:
    name = _STATUSES.get(status, "UNKNOWN")
    details: list[dict[str, Any]] = []
    if status not in (401, 403):
        details.append(
            {"@type": _TYPE, "errorCode": code or {"RESOURCE_EXHAUSTED": "QUOTA_EXCEEDED"}.get(name, name)}
        )
    if field:
        details.append({"@type": _BAD_REQUEST, "fieldViolations": [{"field": field, "description": message}]})
    return {"error": {"code": status, "message": message, "status": name, "details": details}}


def _key(office: Office) -> rsa.RSAPrivateKey:
    """The account's key, made once."""
    file = office.folder / "account.pem"
    if not file.exists():
        made = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        file.write_bytes(
            made.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the account's key is no RSA key")
    return key


def _account(office: Office, url: str) -> dict[str, str]:
    _key(office)
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": (office.folder / "account.pem").read_text(),
        "client_email": ACCOUNT,
        "client_id": "1",
        "token_uri": f"{url}/token",
    }


def _routes(office: Office) -> Sequence[Route]:
    firebase = _Firebase(office)
    return [
        Route("POST", "/token", firebase.token),
        Route("POST", "/v1/projects/{project}/messages:send", firebase.send),
    ]


def _settings(url: str, office: Office) -> Mapping[str, str]:
    file: Path = office.folder / "service-account.json"
    file.write_text(json.dumps(_account(office, url)))
    return {"KITH_FCM_CREDENTIALS": str(file), "KITH_FCM_BASE_URL": url}


def _throttled(seconds: float) -> Reply:
    return Reply(429, _shape(429, "Quota exceeded"), {"retry-after": str(max(1, round(seconds)))})


plugin = Vendor(
    "fcm",
    _routes,
    _settings,
    rate=10_000.0,
    burst=10_000.0,
    throttled=_throttled,
    broken=lambda status: Reply(status, _shape(status, "Internal error encountered.")),
)
