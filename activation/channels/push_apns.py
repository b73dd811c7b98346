"""Push to Apple devices (APNs): HTTP/2, one call a message, a provider token that is renewed each half hour.

apns-id is our own id and comes back, but nothing is told apart by it: a message whose answer was lost is sent again,
and its collapse id lets the second copy take the place of the first. Apple tells no receipts.
"""

import re
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from activation.channels._calls import CallConnection
from activation.channels._push import Notification, encoded, notification_of
from activation.channels._receiving import text_of
from activation.channels._verdicts import (
    LIMITED,
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
    Reason,
    Refused,
    Request,
    Status,
    WhenUnknown,
)
from activation.http import Call, Exchange, Http2Client
from kith.clock import Clock, WallClock, system_clock
from kith.errors import KithError
from kith.settings import Section, environment, load_settings, read_section

LARGEST = 4_096  # bytes
TOKEN_AGE = timedelta(minutes=30)  # Apple refuses one older than an hour, and more than one in 20 minutes
_SHUTDOWN_SECONDS = 900.0  # what Apple asks for after a 5xx
_DEVICE = re.compile(r"(?:[0-9a-fA-F]{2}){32,100}")
CAPABILITIES = Capabilities(
    content=frozenset({"text", "media"}), batch_size=100, when_unknown=WhenUnknown.RESEND, schedules=True
)


def _gone(detail: str, strikes: int) -> Verdict:
    return Verdict(Status.UNREACHABLE, Reason.ADDRESS_REFUSED, detail, suppress_after=strikes)


_BY_REASON = {
    "Unregistered": _gone("unregistered", 1),
    "ExpiredToken": _gone("unregistered", 1),
    # Also what a good token gets in the other environment: one such answer is no proof.
    "BadDeviceToken": _gone("bad_token", 3),
    "DeviceTokenNotForTopic": nobody_there("other_app"),
    "ExpiredProviderToken": later("token_expired"),
    "TooManyRequests": LIMITED,
    "TooManyProviderTokenUpdates": LIMITED,
    "PayloadTooLarge": bad_content("too_long"),
    "PayloadEmpty": bad_content("no_content"),
    **dict.fromkeys(
        ("InvalidProviderToken", "MissingProviderToken", "BadCertificate", "Forbidden"),
        our_setup("login_refused"),
    ),
    **dict.fromkeys(
        ("BadTopic", "MissingTopic", "TopicDisallowed", "BadCertificateEnvironment"),
        our_setup("topic_refused"),
    ),
    "Shutdown": later("unavailable"),
    "ServiceUnavailable": later("unavailable"),
}


class ApnsSettings(Section, prefix="KITH_APNS_"):
    """`key`: Apple's .p8 file, `key_id` and `team_id` as Apple names them, `topic` the app's bundle id. Apps built for
    development are reached at https://api.sandbox.push.apple.com alone."""

    key: Path
    key_id: str
    team_id: str
    topic: str
    base_url: str = "https://api.push.apple.com"
    at_once: int = 100


class ProviderToken:
    """The ES256 token that logs us in: made anew when it is half an hour old, or when Apple says so."""

    def __init__(self, settings: ApnsSettings, clock: Clock) -> None:
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key: Any = load_pem_private_key(settings.key.read_bytes(), None)
            if not isinstance(key, EllipticCurvePrivateKey):
                raise TypeError
        except (OSError, ValueError, TypeError) as error:
            problem = f"KITH_APNS_KEY can't be read: {type(error).__name__}"
            raise KithError(problem, where=str(settings.key), expected="Apple's .p8 file") from None
        self._key, self._settings, self._clock = key, settings, clock
        self._made: tuple[float, str] | None = None
        self._lock = threading.Lock()

    def value(self) -> str:
        """A token that Apple takes now."""
        import jwt

        with self._lock:
            now = self._clock.now().timestamp()
            if self._made is None or now - self._made[0] >= TOKEN_AGE.total_seconds():
                claims = {"iss": self._settings.team_id, "iat": int(now)}
                token = jwt.encode(claims, self._key, "ES256", headers={"kid": self._settings.key_id})
                self._made = (now, token)
            return self._made[1]

    def drop(self, token: str) -> None:
        """Apple takes this one no more. One that was made since stays: each new one counts against a limit."""
        with self._lock:
            if self._made is not None and self._made[1] == token:
                self._made = None


class ApnsConversation:
    """_calls.Conversation with /3/device."""

    setting = "KITH_APNS_BASE_URL"

    def __init__(self, settings: ApnsSettings, clock: Clock, machine: Clock) -> None:
        self.settings, self.clock, self.base_url = settings, clock, settings.base_url.rstrip("/")
        self.token = ProviderToken(settings, machine)
        self._sent_with = ""

    def prepare(self, request: Request) -> Call:
        if not _DEVICE.fullmatch(request.address):
            raise Refused("bad_address", "not a device token")
        notification = notification_of(request, CAPABILITIES, self.clock.now())
        body = encoded(apns_payload(notification), LARGEST)
        return Call(
            "POST", f"{self.base_url}/3/device/{request.address}", self._headers(request, notification), body
        )

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        if exchange.status == 200:
            told = exchange.headers.get("apns-id", "").replace("-", "").lower()
            return Answer(request.message_id, Status.ACCEPTED, provider_message_id=told)
        reason = text_of(exchange.json_object(), "reason")[:32]
        if reason == "ExpiredProviderToken":
            self.token.drop(self._sent_with)
        verdict = _BY_REASON.get(reason) or by_http(exchange.status)
        wait = exchange.retry_after
        if exchange.status >= 500 and wait is None:
            wait = _SHUTDOWN_SECONDS
        return verdict.answer(request, reason or str(exchange.status), wait)

    def _headers(self, request: Request, notification: Notification) -> dict[str, str]:
        self._sent_with = self.token.value()
        headers = {
            "authorization": f"bearer {self._sent_with}",
            "apns-id": str(UUID(hex=request.message_id)),
            "apns-topic": self.settings.topic,
            "apns-push-type": "alert",
            "apns-priority": "10" if notification.is_urgent else "5",
            "apns-collapse-id": notification.collapse,
        }
        if request.not_after is not None:
            headers["apns-expiration"] = str(int(request.not_after.timestamp()))
        return headers


def apns_payload(notification: Notification) -> dict[str, Any]:
    """The `aps` dictionary, and beside it what the app gets. A picture needs an app that fetches it."""
    aps: dict[str, Any] = {"alert": _present(title=notification.title, body=notification.body)}
    aps |= _present(sound=notification.sound, badge=notification.badge, category=notification.category)
    if notification.image:
        aps["mutable-content"] = 1
    beside = _present(url=notification.url, image=notification.image)
    return {"aps": aps, **notification.data, **beside}


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None)}


class ApnsConnection(CallConnection):
    """Calls over one HTTP/2 connection."""

    def __init__(self, conversation: ApnsConversation, at_once: int) -> None:
        super().__init__(conversation, at_once=at_once)
        self._client = Http2Client(at_once=at_once, timeout=20.0)


def _build() -> ApnsConnection:
    settings = read_section(ApnsSettings)
    return ApnsConnection(
        ApnsConversation(settings, system_clock(load_settings()), WallClock()), settings.at_once
    )


plugin = ChannelPlugin(
    channel="push",
    provider="apns",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="apns_token",
    is_configured=lambda: bool(environment().get("KITH_APNS_KEY")),
    keeps="Apple keeps the last message for a device that is off until apns-expiration, and nothing else",
)
