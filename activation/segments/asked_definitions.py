"""The workspace's definitions, each read when it is asked for: a preview needs a few of a thousand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from activation.segments.evaluation import KIND
from activation.segments.grammar import SegmentBody
from kith.definitions import Definition, definition_files, load_definition
from kith.settings import Settings

Segment = Definition[SegmentBody]


@dataclass
class AskedDefinitions(Mapping[str, Segment]):
    """By name; `draft` takes the place of the one of its name. A file that nobody asks for may be faulty."""

    settings: Settings
    draft: Segment
    _read: dict[Path, Segment] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Segment:
        return self.draft if name == self.draft.name else self._load(self._files[name])

    def __iter__(self) -> Iterator[str]:
        return iter({**self._files, self.draft.name: None})

    def __len__(self) -> int:
        return len({*self._files, self.draft.name})

    @cached_property
    def _files(self) -> dict[str, Path]:
        return {self._name(file): file for file in definition_files(self.settings, KIND)}

    def _name(self, file: Path) -> str:
        """That of the file, unless it may say another: a key is written out, or with escapes."""
        text = file.read_bytes()
        return self._load(file).name if b"name" in text or b"\\" in text else file.stem

    def _load(self, file: Path) -> Segment:
        if file not in self._read:
            self._read[file] = load_definition(file, SegmentBody, kind=KIND)
        return self._read[file]
