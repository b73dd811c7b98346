"""`warehouse_daily`: one new day on top of 10 million events, beside the full build; equal tables."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.bench.event_lake import DAYS, EventLake
from tests.bench.event_warehouse import (
    build_by_dbt,
    lay_home,
    same_rows,
    say_as_of,
    start_dbt,
    told_apart,
    with_sums,
)
from tests.bench.frame import Entry

EVENTS = 10_000_000


def prepare(folder: Path) -> None:
    """The warehouse as it stood the day before; then the last day lands."""
    lake = EventLake(folder, EVENTS)
    lay_home(folder)
    lake.lay(0, DAYS - 1, 1)
    say_as_of(folder, lake.as_of - timedelta(days=1))
    build_by_dbt(folder)
    (folder / "warehouse.duckdb").rename(folder / "day_before.duckdb")
    lake.lay(DAYS - 1, DAYS, 2)
    say_as_of(folder, lake.as_of)


def reset(folder: Path) -> None:
    shutil.copy(folder / "day_before.duckdb", folder / "warehouse.duckdb")


def ours(folder: Path) -> Mapping[str, Any]:
    """one new day"""
    return build_by_dbt(folder)


def baseline(folder: Path) -> Mapping[str, Any]:
    """the full build"""
    (folder / "warehouse.duckdb").unlink()
    return build_by_dbt(folder)


ENTRY = Entry(
    name="warehouse_daily",
    work=f"one new day on top of {EVENTS:,} events into all event models",
    prepare=prepare,
    load=start_dbt,
    reset=reset,
    ours=ours,
    baseline=baseline,
    target=10,
    tell=lambda folder, side, result: with_sums(folder / "warehouse.duckdb", result),
    agree=same_rows,
    further=told_apart,
)
