"""Published snapshots: one immutable folder of Parquet a run, and a pointer that moves last."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from kith.durable import sync_tree, write_durably
from kith.errors import KithError
from kith.lake.home import Home
from kith.times import from_utc_naive

POINTER = "CURRENT"
RUN = "run"


@dataclass(frozen=True)
class Snapshot:
    """The tables of one run."""

    run_id: str
    path: Path

    @property
    def as_of(self) -> datetime:
        row = pq.ParquetFile(self.path / f"{RUN}.parquet").read().to_pylist()[0]
        return from_utc_naive(row["as_of"])

    def tables(self) -> dict[str, Path]:
        """Published tables by name: a file each, or a folder of files."""
        found = {path.stem: path for path in sorted(self.path.glob("*.parquet")) if path.stem != RUN}
        folders = {path.name: path for path in sorted(self.path.iterdir()) if path.is_dir()}
        return {**found, **folders}

    def table(self, name: str) -> Path:
        """One table's file or folder; an unknown one is an error that lists the others."""
        tables = self.tables()
        if name not in tables:
            raise KithError(
                f"the snapshot has no table {name}", where=self.run_id, expected=", ".join(tables) or "a run"
            )
        return tables[name]


def current_snapshot(home: Home) -> Snapshot | None:
    """Where the pointer leads, or None before the first published run."""
    try:
        run_id = (home.published / POINTER).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    return snapshot(home, run_id)


def snapshot(home: Home, run_id: str) -> Snapshot:
    """The snapshot of one run, pointed to or not; runs over the past are found too."""
    for folder in (home.published / run_id, home.replays / run_id / "published"):
        if (folder / f"{RUN}.parquet").exists():
            return Snapshot(run_id, folder)
    known = sorted(path.name for path in home.published.glob("*/") if path.is_dir())
    raise KithError(
        f"no snapshot of run {run_id}", where=str(home.published), expected=", ".join(known) or "a run"
    )


def point_to(home: Home, run_id: str, keep: int) -> None:
    """Move the pointer, then drop all but the last `keep` snapshots."""
    folder = home.published / run_id
    link_unchanged(home, folder)
    sync_tree(folder)
    write_durably(home.published / POINTER, run_id.encode())
    runs = sorted(path for path in home.published.iterdir() if path.is_dir() and path.name <= run_id)
    for old in runs[:-keep]:
        shutil.rmtree(old, ignore_errors=True)


def link_unchanged(home: Home, folder: Path) -> int:
    """Hard-link files that equal those of the present snapshot to them, parts of tables too; answers how many."""
    present = current_snapshot(home)
    if present is None or present.path == folder:
        return 0
    files = sorted(folder.rglob("*.parquet"))
    return sum(_link_if_equal(present.path / file.relative_to(folder), file) for file in files)


def _link_if_equal(old: Path, new: Path) -> bool:
    if not old.exists() or old.stat().st_size != new.stat().st_size or old.samefile(new):
        return False
    if old.read_bytes() != new.read_bytes():
        return False
    linked = new.with_name(f".{new.name}.link")
    linked.unlink(missing_ok=True)
    os.link(old, linked)
    linked.replace(new)
    return True
