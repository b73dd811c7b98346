"""Who did what: the audit log of the state database, and whether its chain still holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from kith.settings import Settings
from kith.state import StateDatabase
from kith.state.audit import first_broken
from kith.times import from_utc_naive

MOST_ENTRIES = 2_000


@dataclass(frozen=True)
class Wanted:
    """Which entries: of whom, what, on which days (UTC, both count), with these words in action or subject."""

    actors: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    words: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Chain:
    """How many entries there are; `broken` is the first that doesn't follow from the one before it."""

    entries: int
    broken: int | None


def check_chain(settings: Settings) -> Chain:
    """Reckon every digest anew."""
    with _reading(settings) as connection:
        count = connection.execute(text("SELECT count(*) FROM audit")).scalar_one()
        return Chain(int(count), first_broken(connection))


def names_in_log(settings: Settings) -> tuple[list[str], list[str]]:
    """All actors and all actions that the log has."""
    with _reading(settings) as connection:
        actors, actions = (
            list(connection.execute(text(f"SELECT DISTINCT {name} FROM audit ORDER BY {name}")).scalars())
            for name in ("actor", "action")
        )
    return actors, actions


def entries(settings: Settings, wanted: Wanted) -> tuple[pd.DataFrame, int]:
    """The newest first, at most MOST_ENTRIES of them, and how many there are in all."""
    where, values = _conditions(wanted)
    with _reading(settings) as connection:
        count = connection.execute(text(f"SELECT count(*) FROM audit {where}"), values).scalar_one()
        rows = connection.execute(
            text(
                "SELECT entry_id, at, actor, action, subject, detail, digest FROM audit"
                f" {where} ORDER BY entry_id DESC LIMIT {MOST_ENTRIES}"
            ),
            values,
        ).all()
    columns = ["entry_id", "at", "actor", "action", "subject", "detail", "digest"]
    frame = pd.DataFrame([tuple(row) for row in rows], columns=columns)
    frame["at"] = [_instant(each) for each in frame["at"]]
    return frame, int(count)


def _conditions(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parts: list[str] = []
    values: dict[str, Any] = {}
    for column, chosen in (("actor", wanted.actors), ("action", wanted.actions)):
        if chosen:
            names = [f"{column}_{at}" for at in range(len(chosen))]
            parts.append(f"{column} IN ({', '.join(f':{name}' for name in names)})")
            values |= dict(zip(names, chosen, strict=True))
    if words := wanted.words.strip().lower():
        parts.append("(lower(action) LIKE :words ESCAPE '!' OR lower(subject) LIKE :words ESCAPE '!')")
        values["words"] = f"%{words.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
    if wanted.first:
        parts.append("at >= :first")
        values["first"] = datetime.combine(wanted.first, datetime.min.time())
    if wanted.last:
        parts.append("at < :beyond")
        values["beyond"] = datetime.combine(wanted.last + timedelta(days=1), datetime.min.time())
    return (f"WHERE {' AND '.join(parts)}" if parts else ""), values


@contextmanager
def _reading(settings: Settings) -> Iterator[Connection]:
    database = StateDatabase.open(settings)
    try:
        with database.read() as connection:
            yield connection
    finally:
        database.close()


def _instant(value: datetime | str) -> datetime:
    return from_utc_naive(value if isinstance(value, datetime) else datetime.fromisoformat(value))
