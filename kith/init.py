"""Lay out KITH_HOME: folders, an empty file for each lake table, the time zones, the signing key, the state database."""

from __future__ import annotations

import secrets

from kith.durable import write_durably
from kith.lake import Home, lake_tables, lay_empty
from kith.settings import Settings
from kith.time_zones import lay_time_zones


def initialise(settings: Settings) -> Home:
    """Make what is missing; what is there stays. Returns the home."""
    from kith.state import StateDatabase

    home = Home(settings.home)
    for folder in (
        home.landing,
        home.quarantine,
        home.held,
        home.lake,
        home.published,
        home.staging,
        home.locks,
    ):
        folder.mkdir(parents=True, exist_ok=True)
    for table in lake_tables():
        lay_empty(home, table)
    lay_time_zones(home)
    _make_key(home)
    StateDatabase.open(settings).close()
    return home


def is_initialised(settings: Settings) -> bool:
    """Whether every lake table has its empty file."""
    home = Home(settings.home)
    return home.landing.is_dir() and all((home.lake / table.room).is_dir() for table in lake_tables())


def _make_key(home: Home) -> None:
    key = home.root / "secret.key"
    if not key.exists():
        write_durably(key, secrets.token_hex(32).encode())
        key.chmod(0o600)
