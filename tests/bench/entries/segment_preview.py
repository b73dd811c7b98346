"""`segment_preview`: size, reach, overlap and twelve weeks on a million profiles, beside one query for the size."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from activation.segments.audience import count_members
from activation.segments.columns.population import read_population
from activation.segments.evaluation import load_segments
from activation.segments.membership.bitmaps import read_bitmaps
from activation.segments.preview import preview, preview_in
from activation.segments.world import open_world
from kith.lake import Home
from kith.snapshot import current_snapshot
from tests.bench import segment_sql
from tests.bench.frame import Entry
from tests.bench.segment_sides import (
    BITMAPS,
    COPIED,
    NATIVE,
    PEOPLE,
    WORK,
    lay_asked,
    prepare_sides,
    read_all,
    sample_names,
    world_in,
)

PREVIEWED = 12


def _names() -> list[str]:
    return sorted(Random(5).sample(sample_names(), PREVIEWED))


def ours(folder: Path) -> Mapping[str, Any]:
    """previews in a world that is open already: the median of twelve"""
    settings, began, warm, sizes = world_in(folder).settings, time.perf_counter(), [], {}
    definitions, snapshot = load_segments(settings), current_snapshot(Home(settings.home))
    assert snapshot is not None
    with open_world(settings, snapshot) as world:
        population = read_population(world)
        for name in _names():
            start = time.perf_counter()
            sizes[name] = preview_in(settings, population, definitions, name).size
            warm.append(time.perf_counter() - start)
    start = time.perf_counter()
    preview(settings, definitions[_names()[0]].path)
    cold, median = time.perf_counter() - start, statistics.median(warm)
    apart = time.perf_counter() - began - median
    return {"sizes": sizes, "slowest": max(warm), "cold": cold, "apart_seconds": apart}


def baseline(folder: Path) -> Mapping[str, Any]:
    """one DuckDB query for the size alone, native tables, two threads: the median of the same twelve"""
    began, took, sizes = time.perf_counter(), [], {}
    segments = read_all(folder)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"ATTACH '{folder / NATIVE}' AS native (READ_ONLY)")
        for table in COPIED:
            connection.execute(f"CREATE TABLE {table} AS FROM native.{table}")
        lay_asked(folder, connection, segments)
        for name in _names():
            start = time.perf_counter()
            condition = segment_sql.condition(segments[name].tree)
            found = connection.execute(f"SELECT count(*) FROM profiles WHERE {condition}").fetchone()
            took.append(time.perf_counter() - start)
            sizes[name] = found[0] if found else 0
    median = statistics.median(took)
    return {"sizes": sizes, "apart_seconds": time.perf_counter() - began - median}


def _agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one["sizes"] == other["sizes"]


def _tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The batch's bitmaps say the same sizes."""
    stored = {name: count_members(bits) for name, bits in read_bitmaps(folder / BITMAPS, _names()).items()}
    assert stored == result["sizes"], side
    return result


ENTRY = Entry(
    name="segment_preview",
    work=f"{PREVIEWED} previews (size, sample, reach, overlap, 13 weeks) on {PEOPLE:,} profiles, of {WORK}",
    prepare=prepare_sides,
    ours=ours,
    baseline=baseline,
    tell=_tell,
    agree=_agree,
    further=lambda one, other: {
        "slowest_seconds": round(one["slowest"], 2),
        "opening_and_preview_seconds": round(one["cold"], 2),
    },
)
