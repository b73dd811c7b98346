"""What is known of people, kept by position: raw columns of one snapshot that are mapped when they are asked for.

To find the scores, permissions and lists of a million ids takes seconds of joining, and what a preview asks for is
mostly what the one before it asked for. A folder is named by all that its columns were made of: the run, the files
of the tables about people, the commits of scores and lists, the zone. Where one of these is another, so is the
folder, and the old one goes.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import md5
from pathlib import Path
from threading import get_ident
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from activation.segments.catalogue import ANALYST_PREFIX
from activation.segments.columns.column import Column
from activation.segments.store.behaviour_store import store_folder
from activation.segments.store.files import write_rows
from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import Snapshot

FORMAT = 1
TABLES = ("profiles", "consents", "identities", "profile_aliases", "events")
ROOMS = ("scores", "lists")
TEXTS = pa.schema([("text", pa.string())])
Name = tuple[str, ...]


@dataclass
class KeptColumns:
    """The columns in a folder (None: in memory alone). What was read once is held as long as this is."""

    folder: Path | None
    name: str = ""
    _held: dict[Name, Any] = field(default_factory=dict)

    def array(self, name: Name, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """One array."""
        return self._find(name, make, _write_array, _read_array)

    def column(self, name: Name, make: Callable[[], Column]) -> Column:
        """Values with who has one."""
        return self._find(name, make, _write_column, _read_column)

    def texts(self, name: Name, make: Callable[[], pa.Array]) -> pa.Array:
        """Texts in an order."""
        return self._find(name, make, _write_texts, _read_texts)

    def _find(
        self,
        name: Name,
        make: Callable[[], Any],
        write: Callable[[Path, Any], None],
        read: Callable[[Path], Any],
    ) -> Any:
        if name not in self._held:
            self._held[name] = self._stored(name, make, write, read)
        return self._held[name]

    def _stored(
        self,
        name: Name,
        make: Callable[[], Any],
        write: Callable[[Path, Any], None],
        read: Callable[[Path], Any],
    ) -> Any:
        if self.folder is None:
            return make()
        place = self.folder / _digest(name)
        try:
            return read(place)
        except (OSError, ValueError, KeyError):
            made = make()
        self._write(place, lambda folder: write(folder, made))
        return made

    def _write(self, place: Path, write: Callable[[Path], None]) -> None:
        """A column is there as a whole or not at all; that another preview was faster does no harm."""
        fresh = place.with_name(f".{place.name}-{os.getpid()}-{get_ident()}")
        try:
            fresh.mkdir(parents=True)
            write(fresh)
            fresh.rename(place)
        except OSError:
            shutil.rmtree(fresh, ignore_errors=True)


def open_columns(settings: Settings, snapshot: Snapshot) -> KeptColumns:
    """The columns of a snapshot as of its own instant; those of a run over the past are not kept."""
    home = Home(settings.home)
    told = [FORMAT, snapshot.run_id, settings.zone, *_files(snapshot), *_commits(home)]
    name = _digest(tuple(map(str, told)))
    if snapshot.path.parent != home.published:
        return KeptColumns(None, name)
    folder = store_folder(home) / f"known-{name}"
    if not folder.exists():
        for old in folder.parent.glob("known-*"):
            shutil.rmtree(old, ignore_errors=True)
    return KeptColumns(folder, name)


def _files(snapshot: Snapshot) -> Iterator[object]:
    """The files of the tables that columns are made of, as they lie there."""
    for name, path in snapshot.tables().items():
        if name in TABLES or name.startswith(ANALYST_PREFIX):
            for file in [path] if path.is_file() else sorted(path.rglob("*.parquet")):
                told = file.stat()
                yield name, str(file.relative_to(snapshot.path)), told.st_size, told.st_mtime_ns


def _commits(home: Home) -> Iterator[object]:
    for room in ROOMS:
        folder = home.lake / room
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            yield room, path.name, path.stat().st_mtime_ns


def _digest(name: Name) -> str:
    return md5(json.dumps(name).encode(), usedforsecurity=False).hexdigest()


def _write_array(folder: Path, values: NDArray[Any]) -> None:
    np.save(folder / "values.npy", values, allow_pickle=False)


def _read_array(folder: Path) -> NDArray[Any]:
    return np.asarray(np.load(folder / "values.npy", mmap_mode="r", allow_pickle=False))


def _write_column(folder: Path, column: Column) -> None:
    """Numbers beyond 64 bits are objects, which no file holds: they stay in memory."""
    if column.values.dtype == object:
        raise OSError("not to be kept")
    _write_array(folder, column.values)
    np.save(folder / "known.npy", column.known)
    (folder / "scale.json").write_text(json.dumps(column.scale), encoding="ascii")
    if column.texts is not None:
        _write_texts(folder, column.texts)


def _read_column(folder: Path) -> Column:
    scale = json.loads((folder / "scale.json").read_text(encoding="ascii"))
    known = np.asarray(np.load(folder / "known.npy", mmap_mode="r"))
    texts = _read_texts(folder) if (folder / "texts").exists() else None
    return Column(_read_array(folder), known, scale, texts)


def _write_texts(folder: Path, texts: pa.Array) -> None:
    write_rows(folder / "texts", pa.table([texts], schema=TEXTS))


def _read_texts(folder: Path) -> pa.Array:
    texts = pa.ipc.open_file(pa.memory_map(str(folder / "texts"))).read_all()["text"]
    return texts.chunk(0) if texts.num_chunks == 1 else texts.combine_chunks()
