"""What is known of one profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One event: its moment in microseconds since 1970, and the texts of its properties by path."""

    moment: int
    texts: Mapping[Path, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What the evaluator is handed; it looks nothing up.

    `attributes` by name, typed as their columns are (text, int, Decimal, finite float, bool, date, aware
    datetime; None is missing); `rows` by event, oldest first, with the properties that definitions name (what
    isn't there is missing); finite `scores` by model; `consents` by purpose and channel; `analyst_segments`
    and `lists` that the profile is on.
    """

    profile_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    consents: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    analyst_segments: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
