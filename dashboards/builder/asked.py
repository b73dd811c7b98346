"""Who asks for a segment: the other definitions that would miss it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from kith.definitions import read_yaml
from kith.errors import KithError
from kith.settings import Settings


def asked_by(settings: Settings, segment: str) -> list[str]:
    """`journeys/winback.yml` and the like: files in which a key that speaks of segments names this one."""
    found: list[str] = []
    for path in sorted(settings.definitions.rglob("*.y*ml")):
        with suppress(KithError):
            if segment in set(_named(read_yaml(path)[0])):
                found.append(path.relative_to(settings.definitions).as_posix())
    return found


def _named(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            if "segment" in str(key):
                yield from (
                    each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)
                )
            yield from _named(value)
    elif isinstance(document, list):
        for each in document:
            yield from _named(each)
