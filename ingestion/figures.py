"""The figures of a batch that the standard suite judges: from its staged files and its source's past."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import duckdb

from ingestion.arrivals import Figures
from ingestion.landed import metas
from ingestion.rows import pointer
from kith.errors import KithError
from kith.events import EVENT_SCHEMA, EVENT_TYPES
from kith.lake import Home
from kith.warehouse import literal, quote

if TYPE_CHECKING:
    import pandas as pd

LEAST_DAYS = 0.5  # a shorter stretch has its hour of the day, not the source, in its volume
LEAST_PER_DAY = 100
STEADY = 3.0
BATCHES = 7


def figures_of(
    connection: duckdb.DuckDBPyConnection,
    files: Path, rows_in: int, rows_passed: int, rows_set_aside: int, rows_nobody: int, volume: float | None,
) -> Figures:  # fmt: skip
    """Read a staged batch's files (few columns of them) into the row that is judged."""
    if not any(files.glob("**/*.parquet")):
        found = (0, 0, 0, 0)
    else:
        types = ", ".join(literal(kind) for kind in EVENT_TYPES)
        query = f"""
            SELECT count(*) FILTER (event_id IS NULL),
                   count(*) FILTER (type IS NULL OR type NOT IN ({types})),
                   count(*) FILTER (occurred_at < TIMESTAMP '1990-01-01'),
                   count(*) FILTER (occurred_at > received_at + INTERVAL 1 DAY)
            FROM {_events(files)}"""
        found = connection.execute(query).fetchone() or (0, 0, 0, 0)
    whole = max(rows_in, 1)
    return Figures(
        rows_in=rows_in,
        rows_set_aside=rows_set_aside,
        rows_nobody=rows_nobody,
        rows_unaccounted=rows_in - rows_passed - rows_set_aside,
        set_aside_share=rows_set_aside / whole,
        nobody_share=rows_nobody / whole,
        missing_event_ids=found[0],
        unknown_types=found[1],
        before_1990=found[2],
        after_arrival=found[3],
        volume_ratio=volume,
    )


def volume_ratio(home: Home, source: str, rows_in: int, days: float | None) -> float | None:
    """This batch's rows a day over the usual, for a source that was steady so far; else None.

    Steady: the last seven batches of half a day or more lie within a factor of three, none below a hundred
    rows a day. A source that swings (receipts of a campaign) is not judged by its volume.
    """
    if days is None or days < LEAST_DAYS:
        return None
    rates = [
        rows / span
        for meta in metas(home)
        for rows, span in [(meta.get("rows_in", {}).get(source), meta.get("days"))]
        if "verdicts" in meta and rows and span and span >= LEAST_DAYS
    ][-BATCHES:]
    if len(rates) < BATCHES or min(rates) < LEAST_PER_DAY or max(rates) > STEADY * min(rates):
        return None
    return rows_in / days / median(rates)


def frame_of(
    connection: duckdb.DuckDBPyConnection, files: Path, columns: Sequence[str]
) -> pd.DataFrame | None:
    """The columns that further expectations name; `properties.price` is taken out of the JSON, as a number
    where all its values are numbers."""
    if not columns:
        return None
    if not any(files.glob("**/*.parquet")):
        return None
    chosen = ", ".join(f"{_column(name)} AS {quote(name)}" for name in columns)
    frame = connection.execute(f"SELECT {chosen} FROM {_events(files)}").df()
    import pandas as pd

    for name in columns:
        if "." in name:
            numbers = pd.to_numeric(frame[name], errors="coerce")
            if numbers.notna().sum() == frame[name].notna().sum():
                frame[name] = numbers
    return frame


def _column(name: str) -> str:
    holder, dot, field = name.partition(".")
    known = ("properties", "traits", "context") if dot else EVENT_SCHEMA.names
    if holder not in known:
        raise KithError(
            f"an expectation looks at '{name}', which events do not have", where="expectations",
            expected=f"one of {', '.join(EVENT_SCHEMA.names)}, or properties.<name>",
        )  # fmt: skip
    if not dot:
        return quote(name)
    return f"json_extract_string({quote(holder)}, {literal(pointer(field))})"


def _events(files: Path) -> str:
    return f"read_parquet({literal(str(files / '*' / '*.parquet'))}, hive_partitioning = false)"
