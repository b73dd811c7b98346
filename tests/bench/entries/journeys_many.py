"""`journeys_many`: the same moves of the same people spread over 500 journeys, beside one journey."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench import journeys_store
from tests.bench.frame import Entry

ENROLLED, MANY = 200_000, 500


def prepare(folder: Path) -> None:
    for journeys in (1, MANY):
        journeys_store.lay_store(folder / f"{journeys}.duckdb", ENROLLED, journeys, 1)


def reset(folder: Path) -> None:
    for journeys in (1, MANY):
        shutil.rmtree(folder / str(journeys), ignore_errors=True)
        (folder / str(journeys)).mkdir()


def ours(folder: Path) -> Mapping[str, Any]:
    """500 journeys."""
    return journeys_store.run_ticks(folder / str(MANY), folder / f"{MANY}.duckdb", MANY)


def baseline(folder: Path) -> Mapping[str, Any]:
    """One journey."""
    return journeys_store.run_ticks(folder / "1", folder / "1.duckdb", 1)


def _agree(ours: Mapping[str, Any], baseline: Mapping[str, Any]) -> bool:
    """Holdouts are drawn by the journey's name, so that outcomes of a few differ and with them nothing that moves."""
    return (ours["enrolled"], ours["moves"]) == (baseline["enrolled"], baseline["moves"])


ENTRY = Entry(
    name="journeys_many",
    work=f"{ENROLLED:,} enrolled in {MANY} journeys of 6 steps, {journeys_store.TICKS} ticks",
    prepare=prepare,
    reset=reset,
    ours=ours,
    baseline=baseline,
    target=1 / 1.5,
    agree=_agree,
)
