"""A mail as its reader sees it: what can be fetched is taken out of the MIME, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser

ONE_CLICK = "List-Unsubscribe=One-Click"


@dataclass(frozen=True)
class Letter:
    """`pixels` and `links` are addresses in the order of the HTML part; `unsubscribe` is the https or http
    address of List-Unsubscribe, `is_one_click` whether the mail promises RFC 8058."""

    message_id: str
    subject: str
    pixels: tuple[str, ...]
    links: tuple[str, ...]
    unsubscribe: str | None
    is_one_click: bool
    kith_id: str
    campaign: str

    @property
    def offers(self) -> tuple[str, ...]:
        """The links that a reader follows out of interest."""
        return tuple(link for link in self.links if link != self.unsubscribe)


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pixels: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "img" and (given.get("src") or "").startswith("http"):
            self.pixels.append(given["src"] or "")
        elif tag == "a" and (given.get("href") or "").startswith("http"):
            self.links.append(given["href"] or "")


def read_letter(content: bytes) -> Letter:
    """Parse a mail. A part that is missing leaves its field empty."""
    message = message_from_bytes(content, policy=policy.default)
    if not isinstance(message, EmailMessage):
        raise TypeError("the default policy makes EmailMessage")
    found = _Addresses()
    html = message.get_body(preferencelist=("html",))
    if html is not None:
        found.feed(html.get_content())
    message_id = str(message.get("Message-ID", "")).strip()
    return Letter(
        message_id=message_id,
        subject=str(message.get("Subject", "")),
        pixels=tuple(found.pixels),
        links=tuple(found.links),
        unsubscribe=_unsubscribe(str(message.get("List-Unsubscribe", ""))),
        is_one_click=str(message.get("List-Unsubscribe-Post", "")).strip() == ONE_CLICK,
        kith_id=_kith_id(message, message_id),
        campaign=str(message.get("X-Kith-Campaign", "")).strip(),
    )


def _unsubscribe(header: str) -> str | None:
    addresses = re.findall(r"<\s*(https?://[^>]+?)\s*>", header)
    return re.sub(r"\s+", "", addresses[0]) if addresses else None


def _kith_id(message: EmailMessage, message_id: str) -> str:
    """The planned message's own id: a header of its sender, else the local part of the Message-ID."""
    named = str(message.get("X-Kith-Message-Id", "")).strip()
    return named or message_id.strip("<>").partition("@")[0]
