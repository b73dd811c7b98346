"""Follow the landing log past a cursor, open segments included."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kith.lake.home import Home
from kith.landing.segment import OPEN, SEALED, Batch, unframe


@dataclass(frozen=True)
class Cursor:
    """How many bytes of each segment (`source/stem`) were read."""

    read: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(dict(self.read), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Cursor:
        return cls(json.loads(text))


def tail(home: Home, cursor: Cursor) -> tuple[list[Batch], Cursor]:
    """Every whole batch behind the cursor, and the cursor behind them. Segments that are gone are dropped."""
    batches: list[Batch] = []
    read: dict[str, int] = {}
    for name, path in sorted(_segments(home).items()):
        found, read[name] = _behind(path, cursor.read.get(name, 0))
        batches.extend(found)
    return batches, Cursor(read)


def _segments(home: Home) -> dict[str, Path]:
    """Each segment once, though it may be sealed between two look-ups."""
    found: dict[str, Path] = {}
    for suffix in (OPEN, SEALED):
        for path in home.landing.glob(f"*/*{suffix}"):
            found[f"{path.parent.name}/{path.stem}"] = path
    return found


def _behind(path: Path, start: int) -> tuple[list[Batch], int]:
    for candidate in (path, path.with_suffix(SEALED)):
        try:
            if candidate.stat().st_size <= start:
                return [], start
            with open(candidate, "rb") as file:
                file.seek(start)
                batches, end = unframe(file.read(), 0)
                return batches, start + end
        except FileNotFoundError:
            continue
    return [], start
