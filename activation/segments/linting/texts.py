"""What the text of a definition hides, and which segments nobody asks for."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any

from activation.segments.linting.findings import Keys, Severity
from kith.definitions import Definition, read_yaml
from kith.errors import KithError
from kith.settings import Settings

Told = tuple[Keys, str, Severity, str]


def hidden_characters(document: Any, keys: Keys = ()) -> Iterator[Told]:
    """Characters that aren't seen or that turn text around; joiners inside words of some scripts are fine."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from _hidden(str(key), (*keys, key))
            yield from hidden_characters(value, (*keys, key))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from hidden_characters(value, (*keys, number))
    elif isinstance(document, str):
        yield from _hidden(document, keys)


def _hidden(text: str, keys: Keys) -> Iterator[Told]:
    found = next(
        (each for each in text if unicodedata.category(each) == "Cf" and each not in "\u200c\u200d"), None
    )
    if found is not None:
        name = unicodedata.name(found, "")
        message = f"holds U+{ord(found):04X} {name}, which nobody sees".replace("  ", " ")
        yield keys, "hidden_character", Severity.WARNING, message
    elif text != text.strip() and keys[0] != "description":
        yield keys, "blank_edges", Severity.WARNING, f"{text!r} begins or ends with a blank"


def repeated_values(document: Any, keys: Keys = ()) -> Iterator[Told]:
    """Sets that name a value twice."""
    if isinstance(document, dict):
        for word, value in document.items():
            if (
                word in ("in", "not_in")
                and isinstance(value, list)
                and len({str(each) for each in value}) < len(value)
            ):
                twice = next(
                    each for n, each in enumerate(value) if each in value[:n][-1_000:] or each in value[:n]
                )
                yield (*keys, word), "redundant", Severity.WARNING, f"names {twice!r} twice"
            else:
                yield from repeated_values(value, (*keys, word))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from repeated_values(value, (*keys, number))


def unused(settings: Settings, definitions: Collection[Definition[Any]]) -> list[str]:
    """Segments that no definition of any kind, other segments included, asks for by name."""
    asked: set[str] = set()
    for path in sorted(settings.definitions.rglob("*.y*ml")):
        with suppress(KithError):
            asked |= set(_asked(read_yaml(path)[0]))
    return sorted({each.name for each in definitions} - asked)


def _asked(document: Any) -> Iterator[str]:
    """Whatever stands behind a key that speaks of segments."""
    if isinstance(document, dict):
        for key, value in document.items():
            if "segment" in str(key):
                yield from (
                    each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)
                )
            yield from _asked(value)
    elif isinstance(document, list):
        for value in document:
            yield from _asked(value)
