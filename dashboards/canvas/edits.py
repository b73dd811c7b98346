"""What the canvas asks for, one edit each, and what the document says afterwards."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from dashboards.canvas.arms import steps_in
from dashboards.canvas.writing import Keys
from kith.errors import KithError


@dataclass(frozen=True)
class Insert:
    """A step into a block, before the one that has this number now."""

    block: Keys
    number: int
    step: Any


@dataclass(frozen=True)
class Remove:
    """The step at these keys goes, and all inside it."""

    keys: Keys


@dataclass(frozen=True)
class Move:
    """A step goes elsewhere; `number` counts before it is taken out."""

    keys: Keys
    block: Keys
    number: int


@dataclass(frozen=True)
class Change:
    """The value at these keys is another."""

    keys: Keys
    value: Any


Edit = Insert | Remove | Move | Change


def applied(document: Any, edit: Edit) -> Any:
    """The document after an edit."""
    document = deepcopy(document)
    if isinstance(edit, Change):
        around = value_at(document, edit.keys[:-1]) if edit.keys else None
        if around is None:
            return deepcopy(edit.value)
        around[edit.keys[-1]] = deepcopy(edit.value)
        return document
    if isinstance(edit, Insert):
        _block(document, edit.block).insert(edit.number, deepcopy(edit.step))
        return document
    if isinstance(edit, Remove):
        _take_out(document, edit.keys)
        return document
    return _moved(document, edit)


def _moved(document: Any, edit: Move) -> Any:
    if edit.block[: len(edit.keys)] == edit.keys:
        raise KithError("a step can't be moved into itself")
    source, number = edit.keys[:-1], int(edit.keys[-1])
    aim = _block(document, edit.block)
    origin = _block(document, source)
    step = origin[number]
    if origin is aim:
        aim.insert(edit.number, step)
        del aim[number + (edit.number <= number)]
        return document
    if len(origin) > 1:
        del origin[number]
    else:
        _empty(document, source, origin)
    aim.insert(edit.number, step)
    return document


def _take_out(document: Any, keys: Keys) -> None:
    source, number = keys[:-1], int(keys[-1])
    block = _block(document, source)
    if len(block) > 1:
        del block[number]
    else:
        _empty(document, source, block)


def _empty(document: Any, keys: Keys, block: list[Any]) -> None:
    """A block that nothing is left in: gone where it needn't be told, else empty, which lint points out."""
    block.clear()
    if not may_go(document, keys):
        return
    around = value_at(document, keys[:-1])
    del around[keys[-1]]
    if not around and isinstance(keys[-2], int):
        del value_at(document, keys[:-2])[int(keys[-2])]


def may_go(document: Any, keys: Keys) -> bool:
    """Whether what leads into a block leads on without it. What a case leads to has to be told."""
    if len(keys) < 2 or keys[-1] == "steps":
        return False
    if keys[-1] == "then":
        case = value_at(document, keys[:-1])
        return not {"if", "score", "attribute"} & set(case)
    return True


def _block(document: Any, keys: Keys) -> list[Any]:
    """The block at the keys as a list, made one where it is a step alone, and made where it isn't told."""
    around = value_at(document, keys[:-1], is_made=True)
    block = around.get(keys[-1]) if isinstance(around, dict) else around[int(keys[-1])]
    if not isinstance(block, list):
        block = list(steps_in(block))
        around[keys[-1]] = block
    return block


def value_at(document: Any, keys: Keys, is_made: bool = False) -> Any:
    """What stands at the keys; `is_made`: an item behind the last of a list is made on the way."""
    found = document
    for key in keys:
        if is_made and isinstance(found, list) and key == len(found):
            found.append({})
        found = _inner(found, key)
    return found


def _inner(around: Any, key: Any) -> Any:
    return around[key]
