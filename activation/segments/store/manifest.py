"""What a store says that it holds. Files may hold more (a writer was killed): only what is said here counts."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from kith.durable import write_durably

FORMAT = 1
FILE = "manifest.json"
PropertyPath = tuple[str, ...]


@dataclass(frozen=True)
class StoredProperty:
    """A property of an event: codes of `width` bytes in `file`, and its different texts in `texts`, part by part."""

    path: PropertyPath
    file: str
    width: int
    texts: tuple[tuple[str, int], ...]

    @property
    def distinct(self) -> int:
        return sum(count for _, count in self.texts)


@dataclass(frozen=True)
class StoredEvent:
    """The rows of an event in a folder of its own. `checksum` is over those of them in the snapshot, whoever's."""

    folder: str
    rows: int
    counted: int
    checksum: str
    properties: tuple[StoredProperty, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """All events took effect before `as_of` (microseconds), as the snapshot of `run_id` tells them."""

    run_id: str
    as_of: int
    people: tuple[tuple[str, int], ...] = ()
    events: dict[str, StoredEvent] = field(default_factory=dict)
    number: int = 0

    @property
    def person_count(self) -> int:
        return sum(count for _, count in self.people)


def read_manifest(folder: Path) -> Manifest | None:
    """None where there is no store, or one that another version of Kith or of DuckDB (whose hashes it holds) left."""
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if (document.pop("format"), document.pop("engine")) != (FORMAT, version("duckdb")):
            return None
        events = {name: _event(**each) for name, each in document.pop("events").items()}
        people = tuple((file, count) for file, count in document.pop("people"))
        return Manifest(people=people, events=events, **document)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """All at once: from here on the files hold so much."""
    document = {"format": FORMAT, "engine": version("duckdb"), **asdict(manifest)}
    write_durably(folder / FILE, json.dumps(document, ensure_ascii=False).encode())


def _event(properties: list[dict], **plain: object) -> StoredEvent:
    return StoredEvent(properties=tuple(_property(**each) for each in properties), **plain)  # type: ignore[arg-type]


def _property(path: list[str], texts: list[list], **plain: object) -> StoredProperty:
    parts = tuple((file, count) for file, count in texts)
    return StoredProperty(path=tuple(path), texts=parts, **plain)  # type: ignore[arg-type]
