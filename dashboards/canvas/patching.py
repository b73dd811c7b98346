"""The text that comes of an edit.

Each edit says what the document must be afterwards. The text that was changed in one place is read again and compared
with that: where a file is written in a way that can't be patched (anchors), nothing is changed and that is said.
"""

from __future__ import annotations

from typing import Any

from dashboards.canvas.arms import value_in
from dashboards.canvas.edits import Change, Edit, Insert, Move, Remove, applied, may_go, value_at
from dashboards.canvas.writing import (
    Keys,
    change,
    document_of,
    listed,
    move_item,
    with_item,
    with_key,
    without_item,
    without_key,
)
from kith.errors import KithError


def edited(text: str, edit: Edit) -> str:
    """The text after an edit. Raises KithError where the edit makes no sense, or the file can't be patched there."""
    edit, opened = _along(text, edit)
    expected = applied(document_of(opened), edit)
    try:
        found = _patched(opened, edit)
    except (KeyError, IndexError, TypeError, ValueError, StopIteration):
        found = ""
    if not _says(found, expected):
        raise KithError(
            "this file is written in a way that can't be changed here (anchors, for instance)",
            way_out="change it as text, beside the canvas",
        )
    return found


def _says(text: str, expected: Any) -> bool:
    try:
        return document_of(text) == expected
    except KithError:
        return False


def _patched(text: str, edit: Edit) -> str:
    if isinstance(edit, Change):
        return _changed(text, edit)
    if isinstance(edit, Insert):
        return _inserted(text, edit)
    if isinstance(edit, Remove):
        return _removed(text, edit.keys)
    document = document_of(text)
    if _has(document, edit.block) and len(value_at(document, edit.keys[:-1])) > 1:
        return move_item(text, edit.keys[:-1], int(edit.keys[-1]), edit.block, edit.number)
    step = value_at(document, edit.keys)
    with_it = _inserted(text, Insert(edit.block, edit.number, step))
    return _removed(with_it, _where_now(edit))


def _changed(text: str, edit: Change) -> str:
    if not edit.keys:
        return change(text, (), edit.value)
    around = value_at(document_of(text), edit.keys[:-1])
    if isinstance(around, dict) and edit.keys[-1] not in around:
        return with_key(text, edit.keys[:-1], str(edit.keys[-1]), edit.value, _before(str(edit.keys[-1])))
    return change(text, edit.keys, edit.value)


def _inserted(text: str, edit: Insert) -> str:
    document = document_of(text)
    if _has(document, edit.block):
        return with_item(text, edit.block, edit.number, edit.step)
    around, key = edit.block[:-1], str(edit.block[-1])
    if not _has(document, around):
        return with_item(text, around[:-1], int(around[-1]), {key: [edit.step]})
    return with_key(text, around, key, [edit.step], _before(key))


def _removed(text: str, keys: Keys) -> str:
    document = document_of(text)
    if len(value_at(document, keys[:-1])) > 1 or not may_go(document, keys[:-1]):
        return without_item(text, keys[:-1], int(keys[-1]))
    around = keys[:-2]
    if len(value_at(document, around)) == 1 and around and isinstance(around[-1], int):
        return without_item(text, around[:-1], around[-1])
    return without_key(text, around, str(keys[-2]))


def _along(text: str, edit: Edit) -> tuple[Edit, str]:
    """The edit and the text with every step that stands alone, on the way to what is changed, as a list of itself.
    A change of a value needs none: its keys are those that are written."""
    if isinstance(edit, Change):
        return Change(_written(edit.keys, document_of(text)), edit.value), text
    blocks = [(*edit.block, 0)] if isinstance(edit, Insert) else [edit.keys]
    if isinstance(edit, Move):
        blocks.append((*edit.block, 0))
    for keys in blocks:
        for depth in range(1, len(keys)):
            if isinstance(keys[depth], int):
                text = _opened(text, keys[:depth])
    return edit, text


def _opened(text: str, block: Keys) -> str:
    """The block as a list."""
    document = document_of(text)
    if not _has(document, block) or isinstance(value_at(document, block), list):
        return text
    found = listed(text, block)
    if document_of(found) != applied(document, Change(block, [value_at(document, block)])):
        raise KithError("the steps at this place can't be opened", way_out="change them as text")
    return found


def _written(keys: Keys, document: Any) -> Keys:
    """Keys without the numbers of lists that the file didn't write, as of a step that stands alone."""
    found: list[str | int] = []
    for key in keys:
        if isinstance(key, str) or isinstance(document, list):
            found.append(key)
        try:
            document = value_in(document, key)
        except (KeyError, IndexError, TypeError):
            document = None
    return tuple(found)


def _has(document: Any, keys: Keys) -> bool:
    try:
        return value_at(document, keys) is not None
    except (KeyError, IndexError, TypeError):
        return False


def _where_now(edit: Move) -> Keys:
    """Where the step that is to go stands once it stands elsewhere too."""
    block, keys = edit.block, edit.keys
    if len(keys) > len(block) and keys[: len(block)] == block and isinstance(keys[len(block)], int):
        at = int(keys[len(block)])
        return (*block, at + (edit.number <= at), *keys[len(block) + 1 :])
    return keys


_ORDER = ("name", "description", "state", "enter", "arguments", "stop_when", "goal", "purpose", "holdout", "caps",
          "priority", "quiet_hours", "if", "for", "until", "where", "timeout", "then", "else")  # fmt: skip


def _before(key: str) -> tuple[str, ...]:
    """The keys behind which a new one stands, in the manner of the shipped files."""
    return _ORDER[: _ORDER.index(key)] if key in _ORDER else ()
