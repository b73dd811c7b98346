"""Texts as short messages carry them: what a vendor's limit counts, and what no phone shows."""

import re

from activation.channels.contract import Refused

# Tabs and line ends are text; every other control character is an accident or an attack.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# GSM 03.38: the basic table, and those that cost two places.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


def short_text(text: str, longest: int, part: str = "text") -> str:
    """The text, trimmed at its ends. Raises contract.Refused where it is empty, too long or holds what is no text."""
    trimmed = text.strip()
    if not trimmed:
        raise Refused(f"empty_{part}", f"the {part} is empty")
    if _CONTROL.search(trimmed):
        raise Refused("control_character", f"the {part} holds a control character")
    if not _is_unicode(trimmed):
        raise Refused("bad_text", f"the {part} is no valid Unicode")
    if len(trimmed) > longest:
        raise Refused("too_long", f"the {part} has {len(trimmed)} characters, this channel carries {longest}")
    return trimmed


def is_gsm7(text: str) -> bool:
    """Whether a text needs no Unicode message (70 characters a part instead of 160)."""
    return all(each in _BASIC or each in _EXTENDED for each in text)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def web_address(url: str) -> str:
    """An http or https address without white space. Raises contract.Refused."""
    if not re.fullmatch(r"https?://[^\s<>\"\x00-\x1f]+", url) or not url.isascii() or len(url) > 2_000:
        raise Refused("bad_link", "not a web address that a message can carry")
    return url
