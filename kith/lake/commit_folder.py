"""A commit is one rename: all files of a run go into one folder, which then takes its place.

    with commit(home, "scores", meta={"as_of": ...}) as writer:
        writer.write("scores", table)

Names of commits count up and sort. A room's writers take turns by a lock; a killed writer leaves only a
folder in `.staging`, which the next one sweeps away.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kith.durable import exclusive, rename_durably, sync_tree
from kith.errors import KithError
from kith.lake.home import Home
from kith.lake.table import LakeTable
from kith.lake.tables import find_table, tables_of

EMPTY = "0000000000"
META = "_commit.json"


@dataclass(frozen=True)
class Commit:
    """A folder in place, with what its writer said of it."""

    name: str
    path: Path
    meta: Mapping[str, Any]

    def table(self, name: str) -> Path:
        """The file of one table of this commit."""
        return self.path / f"{name}.parquet"


@dataclass
class CommitWriter:
    """What a writer holds until the folder is renamed. `meta` may be filled until then."""

    room: str
    name: str
    path: Path
    meta: dict[str, Any] = field(default_factory=dict)

    def write(self, table: str, rows: pa.Table) -> Path:
        """Write one declared table (rows are held against its schema); answers the file's path."""
        declared = find_table(self.room, table)
        file = self.path / f"{table}.parquet"
        write_parquet(declared.conform(rows), file)
        return file

    def table(self, name: str) -> LakeTable:
        return find_table(self.room, name)


def write_parquet(rows: pa.Table, file: Path) -> None:
    """Parquet as the lake keeps it."""
    pq.write_table(rows, file, compression="zstd", row_group_size=122_880)


@contextmanager
def commit(home: Home, room: str, meta: Mapping[str, Any] | None = None) -> Iterator[CommitWriter]:
    """Make one commit in a room; leaving the block by an exception leaves nothing behind."""
    target = home.lake / room
    with exclusive(home.locks / f"lake-{room}"):
        target.mkdir(parents=True, exist_ok=True)
        staged = _fresh_stage(home, room)
        writer = CommitWriter(room, _next_name(target), staged, dict(meta or {}))
        try:
            yield writer
            _fill(writer)
            _describe(writer)
            sync_tree(staged)
            rename_durably(staged, target / writer.name)
        finally:
            shutil.rmtree(staged, ignore_errors=True)


def commits(home: Home, room: str) -> list[Commit]:
    """All commits of a room in their order, the empty one of `kith init` left out."""
    folder = home.lake / room
    if not folder.is_dir():
        return []
    names = sorted(entry.name for entry in folder.iterdir() if entry.name != EMPTY)
    return [read_commit(folder / name) for name in names]


def latest_commit(home: Home, room: str) -> Commit | None:
    """The last commit of a room, or None where nothing was ever committed."""
    folder = home.lake / room
    names = [entry.name for entry in folder.iterdir() if entry.name != EMPTY] if folder.is_dir() else []
    return read_commit(folder / max(names)) if names else None


def lay_empty(home: Home, table: LakeTable) -> None:
    """An empty file with the table's schema, so that every glob over the lake matches something."""
    folder = home.lake / table.room / EMPTY
    file = folder / f"{table.name}.parquet"
    if table.partition:
        file = folder / f"{table.partition}=1970-01-01" / f"{table.name}.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        write_parquet(table.schema.empty_table(), file)


def _fresh_stage(home: Home, room: str) -> Path:
    staged = home.staging / room
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    return staged


def _next_name(folder: Path) -> str:
    taken = [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()]
    return f"{max(taken, default=0) + 1:010d}"


def _fill(writer: CommitWriter) -> None:
    """A commit holds every table of its room: readers' globs by name then always match."""
    for table in tables_of(writer.room):
        file = writer.path / f"{table.name}.parquet"
        if table.partition is None and not file.exists():
            write_parquet(table.schema.empty_table(), file)


def _describe(writer: CommitWriter) -> None:
    text = json.dumps({"room": writer.room, "commit": writer.name, "meta": writer.meta}, default=str)
    (writer.path / META).write_text(text, encoding="utf-8")


def read_commit(path: Path) -> Commit:
    """The commit in a folder; any other folder is an error."""
    try:
        meta = json.loads((path / META).read_text(encoding="utf-8"))["meta"]
    except (OSError, ValueError, KeyError) as error:
        raise KithError(
            "not a commit of Kith",
            where=str(path),
            expected=f"a readable {META}",
            way_out="move the folder out of the lake",
        ) from error
    return Commit(path.name, path, meta)
