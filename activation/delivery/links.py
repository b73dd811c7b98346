"""Signed links of a message: the open pixel, the tracked click, the unsubscribe page.

A token is base64url(version | purpose | message id | target | mac) without padding. The mac is HMAC-SHA256
cut to 160 bits, under a key derived per purpose, so a token of one purpose is no token of another. A click
carries its target inside the signature: nobody can bend our host into an open redirect. Tokens hold no
personal data.
"""

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

_VERSION = 1
_MAC_BYTES = 20
_ID_BYTES = 16
_HEAD_BYTES = 2 + _ID_BYTES
# Long enough for any real landing page, short enough that a token stays inside every mail client's URL limit.
_TARGET_LIMIT = 4096
_TOKEN_LIMIT = 8192
_WEB_SAFE = bytes.maketrans(b"+/", b"-_")
_CONTROL = re.compile("[\\x00-\\x20\\x7f]")


class Purpose(IntEnum):
    """What following the link means. Part of the wire format: numbers are never reused."""

    OPEN = 1
    CLICK = 2
    UNSUBSCRIBE = 3


_HEADS = [b"", *(bytes([_VERSION, purpose]) for purpose in Purpose)]


@dataclass(frozen=True)
class Link:
    """A verified token. `target` is the URL of a click, empty for the other purposes."""

    purpose: Purpose
    message_id: str
    target: str = ""


@dataclass(frozen=True)
class LinkSigner:
    """Makes and reads tokens under one workspace secret.

    `public_url` is the address under which `api/` is reached from outside, without a trailing slash.
    """

    secret: bytes
    public_url: str

    def open_url(self, message_id: str) -> str:
        """Address of the 1×1 image whose fetch is an open."""
        return f"{self.public_url}/o/{self.token(Purpose.OPEN, message_id)}.gif"

    def click_url(self, message_id: str, target: str) -> str:
        """Address that lands a click and leads on to `target`. Raises ValueError for anything but http(s)."""
        return f"{self.public_url}/c/{self.token(Purpose.CLICK, message_id, target)}"

    def unsubscribe_url(self, message_id: str) -> str:
        """Address for List-Unsubscribe (RFC 8058) and for the link at the foot of the mail."""
        return f"{self.public_url}/u/{self.token(Purpose.UNSUBSCRIBE, message_id)}"

    def token(self, purpose: Purpose, message_id: str, target: str = "") -> str:
        """Sign one link. `message_id` is 32 hex digits (kith.ids.stable_id); raises ValueError otherwise."""
        if (purpose is Purpose.CLICK) != bool(target):
            raise ValueError("a click has a target, the other links have none")
        if target and not is_web_address(target):
            raise ValueError("a tracked link leads to an http or https address of at most 4,096 bytes")
        raw_id = bytes.fromhex(message_id)
        if len(raw_id) != _ID_BYTES:
            raise ValueError("a message id has 32 hex digits")
        body = _HEADS[purpose] + raw_id + target.encode()
        return _encode(body + self._mac(purpose, body))

    def read(self, purpose: Purpose, token: str) -> Link | None:
        """The link that this token names, or None for whatever we did not sign for this purpose."""
        raw = _decode(token)
        if raw is None or len(raw) < _HEAD_BYTES + _MAC_BYTES:
            return None
        body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(purpose, body)) or body[:2] != bytes([_VERSION, purpose]):
            return None
        return Link(purpose, body[2:_HEAD_BYTES].hex(), body[_HEAD_BYTES:].decode())

    def _mac(self, purpose: Purpose, body: bytes) -> bytes:
        return hmac.digest(self._keys[purpose], body, "sha256")[:_MAC_BYTES]

    @cached_property
    def _keys(self) -> list[bytes]:
        """By the number of the purpose; nothing has the number 0."""
        return [b"", *(_derived_key(self.secret, purpose) for purpose in Purpose)]


def _derived_key(secret: bytes, purpose: Purpose) -> bytes:
    return hmac.digest(secret, b"kith link v1 " + purpose.name.encode(), "sha256")


@lru_cache(maxsize=4_096)  # a campaign leads everybody to the same few places
def is_web_address(target: str) -> bool:
    """True for an absolute http(s) URL with a host, without control characters or blanks."""
    if len(target.encode()) > _TARGET_LIMIT or _CONTROL.search(target):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _encode(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).translate(_WEB_SAFE).rstrip(b"=").decode()


def _decode(token: str) -> bytes | None:
    """Base64url to bytes; None for every spelling but the one we write (so one link has one token)."""
    if not token or len(token) > _TOKEN_LIMIT or not token.isascii():
        return None
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if _encode(raw) == token else None
