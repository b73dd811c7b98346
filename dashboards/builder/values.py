"""Values of conditions as people type them, exactly: what is shown reads back as the same value of the same type."""

from __future__ import annotations

import json
import re
from typing import Any

from kith.definitions.scalars import plain_value

_DAYS = re.compile(r"^\s*(\d{1,5})\s*(d|days?|w|weeks?)?\s*$")
_SPANS = {"d": "day", "w": "week", "h": "hour", "m": "minute", "s": "second"}


def spelled(value: Any, kind: str = "") -> str:
    """A value in a field. Where no type is declared, a text that looks like a number stands in quotes."""
    if isinstance(value, str):
        return value if kind in ("text", "date", "instant") or _is_plain(value) else json.dumps(value)
    return "" if value is None else json.dumps(value)


def read_value(text: str, kind: str = "") -> Any:
    """The value of a field: text where text is declared, else what the word means; in quotes always text."""
    if kind in ("text", "date", "instant"):
        return text
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return json.loads(text)
        except ValueError:
            return text[1:-1]
    try:
        found = plain_value(text)
    except ValueError:
        return text
    return text if found is None else found


def read_days(text: str) -> str:
    """`30`, `30 days` and `2 weeks` as the grammar writes them; anything else as it is, to be refused by name."""
    found = _DAYS.match(text)
    return f"{found[1]}{'w' if (found[2] or 'd').startswith('w') else 'd'}" if found else text


def span_in_words(span: str) -> str:
    """`30d` as `30 days`, `2w` as `2 weeks`, `12h` as `12 hours`."""
    found = re.match(r"^(\d+)\s*([dwhms])$", span)
    if not found:
        return span
    count, unit = int(found[1]), _SPANS[found[2]]
    return f"{count:,} {unit}{'' if count == 1 else 's'}"


def replaced(said: dict[str, Any], old: str | None, new: str, value: Any) -> None:
    """Put a key in the place of another, so that a line of YAML keeps its order. In place."""
    items = [
        (new, value) if key == old else (key, each) for key, each in said.items() if key != new or key == old
    ]
    if old is None or old not in said:
        items = [(key, each) for key, each in items if key != new] + [(new, value)]
    said.clear()
    said.update(items)


def _is_plain(text: str) -> bool:
    try:
        return plain_value(text) == text and not text.startswith('"')
    except ValueError:
        return False
