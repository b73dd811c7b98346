"""A service that `kith up` starts: rooms declare theirs by entry point `kith.services`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kith.settings import Settings


@dataclass(frozen=True)
class Service:
    """`command` gives the words of the child process; `url` answers any status below 500 once it is ready."""

    name: str
    title: str
    command: Callable[[Settings], list[str]]
    url: str
    environment: Mapping[str, str] = field(default_factory=dict)
    order: int = 10
