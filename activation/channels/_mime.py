"""A mail as bytes: a fixed skeleton with encoded headers and base64 parts.

Python's EmailMessage builds the same mail some hundred times slower; it is the oracle of this module's tests.
Nothing a person or a template supplies can add a header: a control character in one is refused.
"""

import re
from binascii import b2a_base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from activation.channels._addresses import domain_of, sendable
from activation.channels.contract import Refused, Request
from kith.errors import KithError

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LONGEST_LINE = 900
_LINE = 76  # RFC 2045: the longest line of a base64 body
_WORD = 45  # bytes of text in one encoded word: 60 in base64, 72 with its frame (RFC 2047: 75 at most)
# A template's own words for mail: header, option.
_OPTIONAL = (("Reply-To", "reply_to"),)


def build_mail(request: Request, sender: str, sender_name: str) -> bytes:
    """One RFC 5322 message with CRLF line ends. Raises contract.Refused for what can't be a header or an address."""
    return letterhead(sender, sender_name).mail(request)


@lru_cache(maxsize=64)
def letterhead(sender: str, sender_name: str, relay_header: str = "") -> "Letterhead":
    """What all mails of one sender have in common. `relay_header` is a line with {} for the message id. Raises
    contract.Refused."""
    address = sendable(sender)
    start = f"From: {_name(sender_name)}<{address}>\r\nTo: <"
    return Letterhead(start, domain_of(address), f"{relay_header}\r\n" if relay_header else "")


def own_letterhead(settings: str, sender: str, sender_name: str, relay_header: str = "") -> "Letterhead":
    """As `letterhead`, for a person's own settings: a KithError that names them by their prefix."""
    try:
        return letterhead(sender, sender_name, relay_header)
    except Refused as refusal:
        raise KithError(str(refusal), where=f"{settings}SENDER or {settings}SENDER_NAME") from None


@dataclass(frozen=True)
class Letterhead:
    """The first lines of every mail of one sender, and the right side of its Message-IDs."""

    start: str
    domain: str
    relay_header: str = ""

    def mail(self, request: Request) -> bytes:
        """The whole mail. Headers first, then text, AMP and HTML in this order: the last that a reader's client
        understands is shown."""
        head = "".join(
            (
                self.start,
                sendable(request.address),
                ">\r\nSubject: ",
                _text(request.subject),
                "\r\nDate: ",
                _date(request.dated_at),
                "\r\nMessage-ID: <",
                request.message_id,
                "@",
                self.domain,
                ">\r\nMIME-Version: 1.0\r\n",
                _unsubscribe(request.unsubscribe_url),
                self.relay_header.format(request.message_id) if self.relay_header else "",
                _further(request) if request.options else "",
            )
        )
        return b"".join((head.encode("ascii"), *_body(request)))


def _body(request: Request) -> Iterator[bytes]:
    parts = ((b"plain", request.text), (b"x-amp-html", request.amp), (b"html", request.html))
    present = [(kind, content) for kind, content in parts if content]
    if len(present) < 2:
        yield from _part(*(present or [(b"plain", "")])[0])
        return
    boundary = b"=_" + request.message_id.encode()
    yield b'Content-Type: multipart/alternative; boundary="%s"\r\n\r\n' % boundary
    for kind, content in present:
        yield b"--%s\r\n" % boundary
        yield from _part(kind, content)
    yield b"--%s--\r\n" % boundary


def _part(kind: bytes, content: str) -> Iterator[bytes]:
    yield b'Content-Type: text/%s; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n' % kind
    try:
        encoded = b2a_base64(content.encode(), newline=False)
    except UnicodeEncodeError as error:
        raise Refused("bad_text", "a part holds half a character (a lone surrogate)") from error
    yield b"\r\n".join([encoded[at : at + _LINE] for at in range(0, len(encoded), _LINE)])
    yield b"\r\n"


def _unsubscribe(url: str | None) -> str:
    """RFC 8058: both headers or none. Not folded, so that a relay that refolds does not break a signature."""
    if url is None:
        return ""
    if _CONTROL.search(url) or ">" in url or "<" in url or len(url) > _LONGEST_LINE or not url.isascii():
        raise Refused("bad_header", "the unsubscribe address does not fit a header")
    return f"List-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def _further(request: Request) -> str:
    told = ((header, request.options.get(option)) for header, option in _OPTIONAL)
    return "".join(f"{header}: <{sendable(value)}>\r\n" for header, value in told if value)


@lru_cache(maxsize=4096)
def _date(instant: datetime) -> str:
    return format_datetime(instant)


def check_header(text: str) -> str:
    """The text, if a header may hold it: one line, no control characters, whole characters. Raises Refused."""
    if _CONTROL.search(text):
        raise Refused("bad_header", "a header holds a line break or another control character")
    if not text.isascii() and _LONE_SURROGATE.search(text):
        raise Refused("bad_header", "a header holds half a character (a lone surrogate)")
    return text


def _text(text: str) -> str:
    check_header(text)
    if text.isascii() and len(text) < 60 and "=?" not in text:
        return text
    words = (b2a_base64(word, newline=False).decode("ascii") for word in _words(text.encode()))
    return "\r\n ".join([f"=?utf-8?b?{word}?=" for word in words])


def _words(raw: bytes) -> Iterator[bytes]:
    """Pieces of whole characters, each short enough for one encoded word."""
    start = 0
    while start < len(raw):
        end = min(start + _WORD, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80:  # in the middle of a character
            end -= 1
        yield raw[start:end]
        start = end


def _name(name: str) -> str:
    if not name:
        return ""
    if name.isascii() and not _CONTROL.search(name) and "=?" not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" '
    return f"{_text(name)} "
