"""A text that says another document, with all that both say left to the letter: comments, order, layout."""

from __future__ import annotations

from typing import Any

from dashboards.canvas.writing.changes import change
from dashboards.canvas.writing.spans import document_of
from kith.errors import KithError


def retold(text: str, document: dict[str, Any], anew: str) -> str:
    """The text changed where it says something else than the document.

    `anew` is the document as it would be written from nothing. It stands below the comments that the text begins with
    where the text can't be changed in its places: one that isn't YAML, or has anchors.
    """
    try:
        found = change(text, (), document)
        if document_of(found) == document:
            return found
    except (KithError, KeyError, IndexError, TypeError, ValueError, StopIteration):
        pass
    return heading_comments(text) + anew


def heading_comments(text: str) -> str:
    """The lines of comment that a file begins with, such as the one that names its schema for editors."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line)
    return "".join(f"{line}\n" for line in lines)
