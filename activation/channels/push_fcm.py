"""Push to Android, and to whatever an app reaches through Firebase (FCM HTTP v1): one call a message.

There is no idempotency key. A message whose answer was lost is sent again: its tag is its own id, so that on the
device the second copy takes the place of the first. FCM tells no receipts; the app reports what is shown and tapped.
"""

from pathlib import Path
from typing import Any, Literal

from activation.channels._calls import CallConnection
from activation.channels._google_auth import GoogleToken
from activation.channels._push import Notification, encoded, notification_of
from activation.channels._receiving import inner, objects, text_of
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
    Reason,
    Refused,
    Request,
    Status,
    WhenUnknown,
)
from activation.http import Call, Exchange
from kith.clock import Clock, system_clock
from kith.settings import Section, environment, load_settings, read_section

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
LARGEST = 4_096  # bytes of notification and data
_LONGEST_TOKEN = 4_096
CAPABILITIES = Capabilities(
    content=frozenset({"text", "media"}),
    batch_size=100,
    when_unknown=WhenUnknown.RESEND,
    schedules=True,
    messages_per_second=10_000.0,  # the default quota, 600,000 a minute
    # One hand-over at a time would reach a few hundred a second of it. What a kill leaves in doubt is told again under
    # the same tag, and replaces itself on the device.
    calls_at_once=4,
)
_DEAD = Verdict(Status.UNREACHABLE, Reason.ADDRESS_REFUSED, "unregistered", suppress_after=1)
_BAD_TOKEN = Verdict(Status.UNREACHABLE, Reason.ADDRESS_REFUSED, "bad_token", suppress_after=1)
_BY_CODE = {
    "UNREGISTERED": _DEAD,
    "INVALID_ARGUMENT": bad_content("refused_request"),
    "SENDER_ID_MISMATCH": nobody_there("other_sender"),
    # Our key with Apple or a browser's push service: the other devices are reached all the same.
    "THIRD_PARTY_AUTH_ERROR": our_setup("third_party_login", is_halt=False),
    "QUOTA_EXCEEDED": LIMITED,
    "UNAVAILABLE": later("unavailable"),
    "UNAUTHENTICATED": later("token_expired"),
}


class FcmSettings(Section, prefix="KITH_FCM_"):
    """`credentials`: the key file of a service account; `project`: where it differs from the file's own. `target` is
    the kind of address that the apps give us: a registration token or a Firebase installation id."""

    credentials: Path
    project: str = ""
    target: Literal["token", "fid"] = "token"
    base_url: str = "https://fcm.googleapis.com"
    at_once: int = 32
    timeout: float = 20.0


class FcmConversation:
    """_calls.Conversation with messages:send."""

    setting = "KITH_FCM_BASE_URL"

    def __init__(self, settings: FcmSettings, clock: Clock) -> None:
        self.settings, self.clock, self.base_url = settings, clock, settings.base_url.rstrip("/")
        self.token = GoogleToken("KITH_FCM_CREDENTIALS", settings.credentials, SCOPE)
        project = settings.project or self.token.project
        self._place = f"{self.base_url}/v1/projects/{project}/messages:send"

    def prepare(self, request: Request) -> Call:
        address = request.address
        if not (0 < len(address) <= _LONGEST_TOKEN and address.isascii() and address.isprintable()):
            raise Refused("bad_address", "not a registration token")
        message = fcm_message(notification_of(request, CAPABILITIES, self.clock.now()))
        encoded({name: message.get(name) for name in ("notification", "data")}, LARGEST)
        body = encoded({"message": {self.settings.target: address, **message}}, 4 * LARGEST)
        headers = {"Authorization": f"Bearer {self.token.value()}", "Content-Type": "application/json"}
        return Call("POST", self._place, headers, body)

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        told = exchange.json_object()
        if exchange.is_success:
            name = text_of(told, "name").rpartition("/")[2]
            if not name:
                return UNCERTAIN.answer(request)
            return Answer(request.message_id, Status.ACCEPTED, provider_message_id=name)
        code = _code(inner(told, "error"))
        if exchange.status == 401 and code == "UNAUTHENTICATED":
            self.token.drop()
        verdict = _verdict(inner(told, "error"), code) or by_http(exchange.status)
        return verdict.answer(request, code[:32] or str(exchange.status), exchange.retry_after)


def fcm_message(notification: Notification) -> dict[str, Any]:
    """The Message of FCM without its target."""
    android: dict[str, Any] = {
        "priority": "HIGH" if notification.is_urgent else "NORMAL",
        "notification": _present(
            tag=notification.collapse,
            sound=notification.sound,
            channelId=notification.category,
            notificationCount=notification.badge,
        ),
    }
    if notification.seconds is not None:
        android["ttl"] = f"{notification.seconds}s"
    data = {**notification.data, **_present(url=notification.url)}
    shown = _present(title=notification.title, body=notification.body, image=notification.image)
    return {"notification": shown, "data": data, "android": android}


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in ("", None)}


def _code(error: dict[str, Any]) -> str:
    """FCM's own code, else Google's general one."""
    for detail in objects(error.get("details")):
        if text_of(detail, "@type").endswith("FcmError"):
            return text_of(detail, "errorCode")
    return text_of(error, "status")


def _verdict(error: dict[str, Any], code: str) -> Verdict | None:
    """An invalid argument costs the token its place only where the vendor names that field."""
    if code == "INVALID_ARGUMENT":
        fields = [
            text_of(violation, "field")
            for detail in objects(error.get("details"))
            for violation in objects(detail.get("fieldViolations"))
        ]
        if fields and all(each in ("message.token", "message.fid") for each in fields):
            return _BAD_TOKEN
    return _BY_CODE.get(code)


class FcmConnection(CallConnection):
    """A token is fetched before anything is handed over: without one the channel is down, no message is lost."""

    def __init__(self, conversation: FcmConversation) -> None:
        settings = conversation.settings
        super().__init__(conversation, at_once=settings.at_once, timeout=settings.timeout)
        self._token = conversation.token

    def open(self) -> None:
        super().open()
        self._token.value()


def _build() -> FcmConnection:
    settings = read_section(FcmSettings)
    return FcmConnection(FcmConversation(settings, system_clock(load_settings())))


plugin = ChannelPlugin(
    channel="push",
    provider="fcm",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="fcm_token",
    is_configured=lambda: bool(environment().get("KITH_FCM_CREDENTIALS")),
    keeps="FCM keeps a message until the device took it, four weeks at most, and nothing by token",
)
