"""Migrations: the kernel's own, and a branch for each room with state (entry point `kith.migrations`)."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Engine

_REVISION = re.compile(r'^(down_revision|revision)\b[^=]*=\s*(None|["\']([^"\']+)["\'])', re.MULTILINE)


@cache
def folders() -> tuple[Path, ...]:
    """Every folder of revisions, the kernel's first."""
    rooms = sorted(entry_points(group="kith.migrations"), key=lambda point: point.name)
    found = [Path(__file__).parent / "migrations" / "versions"]
    for room in rooms:
        spec = find_spec(room.value)
        if spec and spec.submodule_search_locations:
            found.append(Path(next(iter(spec.submodule_search_locations))) / "versions")
    return tuple(found)


@cache
def newest_revisions() -> frozenset[str]:
    """The heads of all branches, read from the files' text so that Alembic need not be imported."""
    made, followed = set(), set()
    for folder in folders():
        for file in folder.glob("*.py"):
            found = {match[1]: match[3] for match in _REVISION.finditer(file.read_text(encoding="utf-8"))}
            made.add(found["revision"])
            followed.add(found.get("down_revision"))
    return frozenset(made - followed)


def upgrade(engine: Engine) -> None:
    """Bring every branch to its head, in one transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in folders()))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
