"""From a stage's counts to what Dagster shows beside a materialisation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

OWNERS = ["team:data-platform"]


def counts(result: Any) -> dict[str, Any]:
    """The fields of a stage's result as plain metadata: numbers and text as they are, the rest as text."""
    if not is_dataclass(result) or isinstance(result, type):
        return {"result": str(result)}
    return {name: _plain(value) for name, value in asdict(result).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value if value is not None else "–"
    if isinstance(value, (datetime, Path)):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each) for each in value]
    return str(value)
