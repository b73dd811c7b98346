"""Files that survive a crash: written under another name, synced, renamed, and the folder synced too."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync_file(path: Path) -> None:
    """Force a file's bytes to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


sync_folder = sync_file  # a folder's entries are synced through a handle on it, as a file's bytes are


def sync_tree(folder: Path) -> None:
    """Force every file and folder below `folder` to the disk."""
    for path, _folders, files in os.walk(folder):
        for file in files:
            sync_file(Path(path) / file)
        sync_folder(Path(path))


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file's whole content at once: readers see the old bytes or the new, never a part."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with open(fresh, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def rename_durably(source: Path, target: Path) -> None:
    """Rename into place and sync the folder that now shows it. The target must not exist."""
    source.rename(target)
    sync_folder(target.parent)


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold an advisory lock between processes. A killed holder lets go by itself."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with open(lock, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
