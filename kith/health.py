"""What `kith doctor` looks at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from kith.errors import KithError
from kith.init import is_initialised
from kith.lake import Home, commits, lake_tables
from kith.settings import Settings
from kith.snapshot import current_snapshot

LEAST_FREE_BYTES = 2 * 10**9


@dataclass(frozen=True)
class Finding:
    """One check and what it saw."""

    name: str
    is_healthy: bool
    detail: str


def examine(settings: Settings) -> list[Finding]:
    """All checks, in the order in which to mend."""
    return list(_findings(settings))


def _findings(settings: Settings) -> Iterator[Finding]:
    home = Home(settings.home)
    laid_out = is_initialised(settings)
    yield Finding(
        "home", laid_out, str(home.root) if laid_out else f"{home.root} is not laid out: run 'kith init'"
    )
    if not laid_out:
        return
    yield _space(home)
    yield _lake(home)
    yield _state(settings)
    held = [folder.name for folder in home.held.iterdir() if folder.is_dir()]
    yield Finding("held batches", not held, ", ".join(held) + ": see 'kith held list'" if held else "none")
    present = current_snapshot(home)
    yield Finding(
        "snapshot", present is not None, present.run_id if present else "nothing published: run 'kith run'"
    )


def _space(home: Home) -> Finding:
    free = shutil.disk_usage(home.root).free
    return Finding("disk", free > LEAST_FREE_BYTES, f"{free / 10**9:.1f} GB free")


def _lake(home: Home) -> Finding:
    try:
        count = sum(len(commits(home, room)) for room in {table.room for table in lake_tables()})
    except KithError as error:
        return Finding("lake", False, str(error))
    return Finding("lake", True, f"{count} commits")


def _state(settings: Settings) -> Finding:
    from sqlalchemy.exc import SQLAlchemyError

    from kith.state import StateDatabase
    from kith.state.audit import first_broken

    try:
        database = StateDatabase.open(settings)
        with database.read() as connection:
            broken = first_broken(connection)
    except SQLAlchemyError as error:
        return Finding("state database", False, type(error).__name__)
    if broken is not None:
        return Finding("state database", False, f"the audit log was altered at entry {broken}")
    return Finding("state database", True, database.engine.dialect.name)
