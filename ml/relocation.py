"""A home that was copied or moved takes its MLflow records along.

MLflow's database holds absolute addresses of artefacts. Without this a copy would read, and write, where the home lay
before.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

#: Where addresses stand.
ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
)
PLACE = "/mlflow/artifacts/"


def follow_home(database: Path, mlflow: Path) -> int:
    """Lead every address of an artefact below `mlflow`, where the home is now; answers how many were led. Reads alone
    where nothing moved; a database that isn't laid out yet has none."""
    if not database.exists():
        return 0
    here = f"{mlflow.as_uri().removesuffix('/mlflow')}{PLACE}"
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        led = sum(_led(connection, table, column, here) for table, column in ADDRESSES)
        connection.commit()
    return led


def _led(connection: sqlite3.Connection, table: str, column: str, here: str) -> int:
    strays = f"{column} LIKE 'file://%{PLACE}%' AND substr({column}, 1, ?) != ?"
    known = {"length": len(here), "here": here}
    try:
        found = connection.execute(f"SELECT 1 FROM {table} WHERE {strays} LIMIT 1", tuple(known.values()))
        if not found.fetchone():
            return 0
    except sqlite3.OperationalError:  # a database whose tables aren't there yet
        return 0
    rest = f"substr({column}, instr({column}, '{PLACE}') + {len(PLACE)})"
    done = connection.execute(
        f"UPDATE {table} SET {column} = ? || {rest} WHERE {strays}", (here, *known.values())
    )
    return done.rowcount
