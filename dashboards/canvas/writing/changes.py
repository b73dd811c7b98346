"""One value for another, by the fewest changes: what both have is not touched."""

from __future__ import annotations

from typing import Any

from dashboards.canvas.writing.patches import replace, with_item, with_key, without_item, without_key
from dashboards.canvas.writing.spans import Keys, document_of


def change(text: str, keys: Keys, value: Any) -> str:
    """The text with another value at the keys; inside it only what differs is written anew."""
    old = document_of(text)
    for key in keys:
        old = old[key]
    return _changed(text, keys, old, value)


def _changed(text: str, keys: Keys, old: Any, new: Any) -> str:
    if old == new and type(old) is type(new):
        return text
    if isinstance(old, dict) and isinstance(new, dict) and old and new and set(old) & set(new):
        return _changed_mapping(text, keys, old, new)
    if isinstance(old, list) and isinstance(new, list) and old and new:
        return _changed_list(text, keys, old, new)
    return replace(text, keys, new)


def _changed_mapping(text: str, keys: Keys, old: dict[Any, Any], new: dict[Any, Any]) -> str:
    before: list[str] = []
    for key, each in new.items():
        if key in old:
            text = _changed(text, (*keys, key), old[key], each)
        else:
            text = with_key(text, keys, key, each, after=tuple(before[-1:]))
        before.append(str(key))
    for key in old:
        if key not in new:
            text = without_key(text, keys, key)
    return text


def _changed_list(text: str, keys: Keys, old: list[Any], new: list[Any]) -> str:
    """Items that begin or end both lists stay; of those between, each takes the place of its number."""
    same = next(
        (at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    tail = 0
    while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    was, is_now = old[same : len(old) - tail], new[same : len(new) - tail]
    for number in range(same, same + min(len(was), len(is_now))):
        text = _changed(text, (*keys, number), old[number], new[number])
    for number, each in enumerate(is_now[len(was) :], same + len(was)):
        text = with_item(text, keys, number, each)
    for number in reversed(range(same + len(is_now), same + len(was))):
        text = without_item(text, keys, number)
    return text
