"""One value for another, by the fewest changes: what both have is not touched."""

from __future__ import annotations

from typing import Any

from dashboards.canvas.writing.patches import (
    move_item,
    replace,
    with_item,
    with_key,
    without_item,
    without_key,
)
from dashboards.canvas.writing.spans import Keys, document_of
from kith.errors import KithError


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
    """Each item is the old one that is most like it, moved and changed; others are put in, and what is left goes."""
    items = list(old)
    is_as_long = len(old) == len(new)
    for at, each in enumerate(new):
        source = _like(items[at:], new[at:], is_as_long)
        if source is None:
            text = with_item(text, keys, at, each)
            items.insert(at, each)
            continue
        if source:
            text = _moved(text, keys, at + source, at)
            items.insert(at, items.pop(at + source))
        text = _changed(text, (*keys, at), items[at], each)
    for number in reversed(range(len(new), len(items))):
        text = without_item(text, keys, number)
    return text


def _moved(text: str, keys: Keys, number: int, place: int) -> str:
    try:
        return move_item(text, keys, number, keys, place)
    except (
        KithError
    ):  # it can't stand before one that shares its line with another's dash: it is written there anew
        value = document_of(text)
        for key in (*keys, number):
            value = value[key]
        return without_item(with_item(text, keys, place, value), keys, number + 1)


def _like(items: list[Any], new: list[Any], is_as_long: bool) -> int | None:
    """Which of the items the first of the new ones was. Those that a later one equals are that one's."""
    wanted, later = new[0], new[1:]
    if wanted in items:
        return items.index(wanted)
    free = [at for at, each in enumerate(items) if each not in later]
    best = max(free, key=lambda at: _likeness(items[at], wanted), default=None)
    if best is not None and _likeness(items[best], wanted):
        return best
    return 0 if is_as_long and 0 in free else None


def _likeness(one: Any, other: Any) -> int:
    """How much two mappings have in common: what they say alike counts more than what both tell of."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return 0
    shared = set(one) & set(other)
    return len(shared) + 2 * sum(one[key] == other[key] for key in shared)
