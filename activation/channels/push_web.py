"""Push to browsers (RFC 8030): encrypted for the one browser (RFC 8291), signed by us (VAPID, RFC 8292).

The address is the browser's subscription as JSON, so the place to call comes from outside: it is checked, and one
place's refusal never stops the others. A message whose answer was lost is sent again; its topic, and the tag that
the page's worker gives the notification, let the second copy take the place of the first.
"""

import base64
import hashlib
import json
import re
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from activation.channels._endpoints import EndpointConnection, Reach, checked_endpoint
from activation.channels._push import LONGEST_WAIT, Notification, encoded, notification_of
from activation.channels._verdicts import LIMITED, Verdict, bad_content, by_http, nobody_there, our_setup
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
from kith.clock import Clock, WallClock, system_clock
from kith.errors import KithError
from kith.settings import Section, environment, load_settings, read_section

LARGEST = 3_993  # bytes of plain text: 4,096 less the header (86), the padding's mark (1) and the tag (16)
_LIFETIME, _RENEWAL = 12 * 3_600, 6 * 3_600  # seconds; RFC 8292 allows 24 h
_KNOWN_PLACES = 1_000
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
CAPABILITIES = Capabilities(
    content=frozenset({"text", "media", "actions"}),
    batch_size=100,
    when_unknown=WhenUnknown.RESEND,
    schedules=True,
)
_GONE = Verdict(Status.UNREACHABLE, Reason.ADDRESS_REFUSED, "unsubscribed_browser", suppress_after=1)
_FORBIDDEN = Verdict(Status.UNREACHABLE, Reason.ADDRESS_REFUSED, "forbidden_address", suppress_after=1)
_BY_HTTP = {
    400: bad_content("refused_request"),
    401: our_setup("login_refused", is_halt=False),
    403: nobody_there("other_key"),  # the subscription was made for another key of ours
    404: _GONE,
    410: _GONE,
    413: bad_content("too_long"),
    429: LIMITED,
}


class WebPushSettings(Section, prefix="KITH_WEBPUSH_"):
    """`key`: the PEM file of a P-256 key, whose public half the page subscribed with; `contact`: a mailto: or https:
    address at which push services can complain; `reach`: "any" also allows endpoints in private networks, for tests;
    `base_url`: a server that stands for every push service, for sandboxes.
    """

    key: Path
    contact: str
    reach: Reach = "public"
    base_url: str = ""
    at_once: int = 32


@dataclass(frozen=True)
class Subscription:
    """What a browser gave the page."""

    endpoint: str
    p256dh: str
    auth: str

    @property
    def origin(self) -> str:
        place = urlsplit(self.endpoint)
        return f"{place.scheme}://{place.netloc}"


class Vapid:
    """Signs who we are, for each push service once in six hours."""

    def __init__(self, settings: WebPushSettings, machine: Clock) -> None:
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key: Any = load_pem_private_key(settings.key.read_bytes(), None)
            if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
                raise TypeError
        except (OSError, ValueError, TypeError) as error:
            problem = f"KITH_WEBPUSH_KEY can't be read: {type(error).__name__}"
            raise KithError(problem, where=str(settings.key), expected="a P-256 key as PEM") from None
        if not settings.contact.startswith(("mailto:", "https://")):
            raise KithError(f"KITH_WEBPUSH_CONTACT is {settings.contact!r}", expected="mailto:… or https://…")
        self._key, self._contact, self._machine = key, settings.contact, machine
        numbers = key.public_key().public_numbers()
        point = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        self.public_key = base64.urlsafe_b64encode(point).rstrip(b"=").decode()
        self._made: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def header(self, origin: str) -> str:
        """Authorization for one push service."""
        import jwt

        with self._lock:
            now = self._machine.now().timestamp()
            made = self._made.get(origin)
            if made is None or now - made[0] > _RENEWAL:
                if (
                    len(self._made) >= _KNOWN_PLACES
                ):  # subscriptions come from outside, and may name any place
                    self._made.clear()
                claims = {"aud": origin, "exp": int(now) + _LIFETIME, "sub": self._contact}
                made = self._made[origin] = (now, jwt.encode(claims, self._key, "ES256"))
            return f"vapid t={made[1]},k={self.public_key}"


class WebPushConversation:
    """_calls.Conversation with whatever push service a browser uses."""

    setting, base_url = "KITH_WEBPUSH_REACH", ""

    def __init__(self, settings: WebPushSettings, clock: Clock, machine: Clock) -> None:
        self.settings, self.clock = settings, clock
        self.vapid = Vapid(settings, machine)

    def prepare(self, request: Request) -> Call:
        subscription = self._placed(subscription_of(request.address, self.settings.reach))
        notification = notification_of(request, CAPABILITIES, self.clock.now())
        plain = encoded(web_payload(notification, request), LARGEST)
        seconds = LONGEST_WAIT if notification.seconds is None else notification.seconds
        headers = {
            "TTL": str(seconds),
            "Urgency": "high" if notification.is_urgent else "normal",
            "Topic": _topic(notification.collapse),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "Authorization": self.vapid.header(subscription.origin),
        }
        return Call("POST", subscription.endpoint, headers, encrypted(plain, subscription))

    def _placed(self, subscription: Subscription) -> Subscription:
        """The same browser, at the server that stands for all where there is one."""
        base = self.settings.base_url.rstrip("/")
        return (
            replace(subscription, endpoint=base + urlsplit(subscription.endpoint).path)
            if base
            else subscription
        )

    def judge(self, request: Request, exchange: Exchange) -> Answer:
        if exchange.is_success:
            name = exchange.headers.get("location", "").rpartition("/")[2][:256]
            return Answer(request.message_id, Status.ACCEPTED, provider_message_id=name)
        verdict = _BY_HTTP.get(exchange.status) or by_http(exchange.status)
        return verdict.answer(request, str(exchange.status), exchange.retry_after)


def subscription_of(address: str, reach: Reach) -> Subscription:
    """The subscription in an address. Raises Refused (bad_address) for anything else."""
    try:
        told = json.loads(address)
        found = Subscription(told["endpoint"], told["keys"]["p256dh"], told["keys"]["auth"])
        point, secret = _unpadded(found.p256dh), _unpadded(found.auth)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused("bad_address", "not a browser's subscription") from error
    if len(point) != 65 or point[0] != 4 or len(secret) != 16:
        raise Refused("bad_address", "not the keys of a browser's subscription")
    checked_endpoint(found.endpoint, reach, "bad_address")
    return found


def encrypted(plain: bytes, subscription: Subscription) -> bytes:
    """One aes128gcm record that the one browser can read. Raises Refused for a point that is not on the curve."""
    from pywebpush import WebPusher, WebPushException

    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    try:
        made = WebPusher({"endpoint": subscription.endpoint, "keys": keys}).encode(plain, "aes128gcm")
    except (WebPushException, ValueError) as error:
        raise Refused("bad_address", "these keys encrypt nothing") from error
    return bytes(made["body"]) if made is not None else b""


def web_payload(notification: Notification, request: Request) -> dict[str, Any]:
    """What the page's service worker gets: the fields of showNotification, and `data` beside them."""
    shown = {
        "title": notification.title,
        "body": notification.body,
        "image": notification.image,
        "url": notification.url,
    }
    actions = [
        {"action": str(number), "title": each.title, "url": each.url}
        for number, each in enumerate(request.actions)
    ]
    present = {name: value for name, value in shown.items() if value}
    more = {"actions": actions} if actions else {}
    return {**present, **more, "tag": notification.collapse, "data": notification.data}


def _topic(collapse: str) -> str:
    """A topic is 32 characters of base64url at most: what is more becomes its digest."""
    return collapse if _TOPIC.fullmatch(collapse) else hashlib.sha256(collapse.encode()).hexdigest()[:32]


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class WebPushConnection(EndpointConnection):
    """Calls to as many places as there are push services: none of them can be looked at beforehand."""

    def open(self) -> None:
        self._client.open()


def _build() -> WebPushConnection:
    settings = read_section(WebPushSettings)
    conversation = WebPushConversation(settings, system_clock(load_settings()), WallClock())
    return WebPushConnection(conversation, settings.reach, _FORBIDDEN, settings.at_once, timeout=20.0)


plugin = ChannelPlugin(
    channel="push",
    provider="web",
    capabilities=CAPABILITIES,
    build=_build,
    address_type="web_push",
    is_configured=lambda: bool(environment().get("KITH_WEBPUSH_KEY")),
    keeps="a push service keeps an encrypted message until the browser took it, or its TTL is over",
)
