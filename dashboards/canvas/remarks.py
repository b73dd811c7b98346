"""Which step a remark of lint is about: the innermost that its field lies in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.canvas.arms import steps_in, value_in, walk
from dashboards.canvas.sketch import ENTRY
from dashboards.canvas.writing import Keys
from dashboards.definition_kinds import Remark

_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def placed(remarks: Sequence[Remark], document: Any) -> Mapping[Keys, list[Remark]]:
    """Remarks by the keys of their step; those about no step stand at the entry."""
    try:
        steps = [keys for keys, _ in walk(steps_in(document.get("steps")), ("steps",))]
    except (TypeError, AttributeError, KeyError):
        steps = []
    found: dict[Keys, list[Remark]] = {}
    for each in remarks:
        field = field_keys(each.field)
        around = [keys for keys in steps if _holds(keys, field, document)]
        found.setdefault(max(around, key=len) if around else (ENTRY,), []).append(each)
    return found


def field_keys(field: str) -> Keys:
    """`steps[0].branch.then` as keys."""
    return tuple(int(number) if number else name for number, name in _PART.findall(field))


def _holds(keys: Keys, field: Keys, document: Any) -> bool:
    """Whether the field lies in the step; a step that stands alone has a number that the file didn't write."""
    at = 0
    for key in keys:
        if isinstance(key, int) and not isinstance(document, list):
            continue
        if at >= len(field) or field[at] != key:
            return False
        at += 1
        try:
            document = value_in(document, key)
        except (KeyError, IndexError, TypeError):
            return False
    return True
