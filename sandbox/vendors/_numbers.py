"""What emulated vendors of texts check alike: numbers, addresses of pages, the size of a text."""

from __future__ import annotations

import re

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PAGE = re.compile(r"https?://[A-Za-z0-9.\-]+(?::[0-9]+)?(?:/[^\s]*)?")


def is_number(text: str) -> bool:
    """Whether it has the form of E.164, the + included."""
    return E164.fullmatch(text) is not None


def is_page(text: str) -> bool:
    """Whether it is a web address of printable ASCII."""
    return text.isascii() and _PAGE.fullmatch(text) is not None
