"""Single values in a field of text, as a file has them."""

from __future__ import annotations

from typing import Any, Final

import yaml

from dashboards.canvas.writing import document_of
from dashboards.canvas.writing.values import flow, scalar
from kith.errors import KithError


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


#: A key that isn't told.
ABSENT: Final = _Absent()


def written_scalar(value: Any) -> str:
    """A value as a file would say it; text that reads as a number is quoted."""
    return scalar(value, in_flow=False)


def read_scalar(text: str) -> Any:
    """The value of what was typed; what can't be read as one is text."""
    if not text.strip():
        return ABSENT
    try:
        found = document_of(text)
    except (KithError, yaml.YAMLError):
        return text
    return text if isinstance(found, dict | list) or found is None else found


def mapping_text(value: dict[str, Any]) -> str:
    """`name: value`, one a line."""
    return "\n".join(f"{scalar(key, False)}: {_one_line(each)}" for key, each in value.items())


def read_mapping(text: str) -> dict[str, Any] | None:
    """The keys and values; None where they can't be read."""
    if not text.strip():
        return {}
    try:
        found = document_of(text)
    except (KithError, yaml.YAMLError):
        return None
    return found if isinstance(found, dict) and all(isinstance(key, str) for key in found) else None


def _one_line(value: Any) -> str:
    return flow(value) if isinstance(value, dict | list) else scalar(value, in_flow=False)


def as_list(value: Any) -> list[Any]:
    """One alone as a list of itself; none as an empty one."""
    if value is ABSENT or value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def as_written(found: list[Any], before: Any) -> Any:
    """One alone as itself, where the file says it so; several as a list."""
    if not found:
        return ABSENT
    return found[0] if len(found) == 1 and not isinstance(before, list) else found
