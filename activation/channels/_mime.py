"""A mail as bytes: a fixed skeleton with encoded headers and base64 parts.

Python's EmailMessage builds the same mail some hundred times slower; it is the oracle of this module's tests.
Nothing a person or a template supplies can add a header: a control character in one is refused.
"""

import base64
import re
from email.header import Header
from email.utils import format_datetime

from activation.channels.contract import Refused, Request

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@]+@[^\s<>()\[\],;:\\\"@]+")
_LONGEST_LINE = 900


def build_mail(request: Request, sender: str, sender_name: str) -> bytes:
    """One RFC 5322 message with CRLF line ends. Raises contract.Refused for what can't be a header or an
    address.
    """
    headers = [
        f"From: {_name(sender_name)}<{_address(sender)}>",
        f"To: <{_address(request.address)}>",
        f"Subject: {_text(request.subject)}",
        f"Date: {format_datetime(request.dated_at)}",
        f"Message-ID: <{request.message_id}@{sender_domain(sender)}>",
        "MIME-Version: 1.0",
        *_unsubscribe(request.unsubscribe_url),
    ]
    return "\r\n".join([*headers, *_body(request)]).encode("ascii")


def sendable(address: str) -> str:
    """The address for the envelope, its domain in ASCII. Raises contract.Refused."""
    return _address(address)


def sender_domain(sender: str) -> str:
    """The right side of Message-ID, and our name in the greeting."""
    return _address(sender).rpartition("@")[2]


def _body(request: Request) -> list[str]:
    parts = [("plain", request.text), ("x-amp-html", request.amp), ("html", request.html)]
    present = [(kind, content) for kind, content in parts if content]
    if len(present) == 1:
        return _part(*present[0])
    boundary = f"=_{request.message_id}"
    lines = [f'Content-Type: multipart/alternative; boundary="{boundary}"', ""]
    for kind, content in present:
        lines += [f"--{boundary}", *_part(kind, content)]
    return [*lines, f"--{boundary}--", ""]


def _part(kind: str, content: str) -> list[str]:
    encoded = base64.encodebytes(content.encode()).decode().rstrip("\n").replace("\n", "\r\n")
    return [
        f'Content-Type: text/{kind}; charset="utf-8"',
        "Content-Transfer-Encoding: base64",
        "",
        encoded,
        "",
    ]


def _unsubscribe(url: str | None) -> list[str]:
    """RFC 8058: both headers or none. Not folded, so that a relay that refolds does not break a signature."""
    if url is None:
        return []
    if _CONTROL.search(url) or ">" in url or len(url) > _LONGEST_LINE or not url.isascii():
        raise Refused("bad_header", "the unsubscribe address does not fit a header")
    return [f"List-Unsubscribe: <{url}>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click"]


def _text(text: str) -> str:
    if _CONTROL.search(text):
        raise Refused("bad_header", "a header holds a line break or another control character")
    if text.isascii() and len(text) < 60 and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=72).encode(linesep="\r\n")


def _name(name: str) -> str:
    if not name:
        return ""
    if name.isascii() and not _CONTROL.search(name) and "=?" not in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" '
    return f"{_text(name)} "


def _address(address: str) -> str:
    if not _ADDRESS.fullmatch(address) or _CONTROL.search(address):
        raise Refused("bad_address", "not an address that SMTP can carry")
    local, _, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError as error:
        raise Refused("bad_address", "the domain has no ASCII form") from error
    if not local.isascii():
        raise Refused("needs_smtputf8", "a local part outside ASCII needs SMTPUTF8")
    if len(local) > 64 or len(domain) > 253:
        raise Refused("bad_address", "longer than an address may be")
    return f"{local}@{domain}"
