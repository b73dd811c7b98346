"""What lint finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kith.definitions import Definition
from kith.definitions.yaml import field_name
from kith.errors import KithError

Keys = tuple[str | int, ...]


class Severity(StrEnum):
    """An `error` is refused or holds of nobody; a `warning` is hardly meant; a `note` is good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing at one place. `line` is 0 where there is no file, as of an analyst's model."""

    file: str
    line: int
    field: str
    rule: str
    severity: Severity
    message: str


def finding(definition: Definition[Any], keys: Keys, rule: str, severity: Severity, message: str) -> Finding:
    """At a place of a definition, or the nearest around it that the file has."""
    while keys and keys not in definition.position.lines:
        keys = keys[:-1]
    line = definition.position.line_of(keys)
    return Finding(str(definition.path), line, field_name(keys), rule, severity, message)


def refusal(error: KithError, file: str) -> Finding:
    """A definition that is refused, at the place that the refusal names."""
    where = error.where or file
    place, _, field = where.partition(": ")
    path, _, line = place.rpartition(":")
    if not line.isdigit():
        path, line = place, "0"
    message = str(error).removeprefix(f"{where}: ")
    return Finding(path, int(line), field, "refused", Severity.ERROR, message)
