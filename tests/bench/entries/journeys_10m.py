"""`journeys_10m`: ten million enrolled, six steps, twelve ticks, all gates on, beside one person at a time.

The baseline is the reference of the tests over a store of 100,000 enrolled, each person read, stepped and written by
themselves; its seconds are scaled to ten million. Both write the same log over the small store.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench import journeys_one_by_one, journeys_store
from tests.bench.bullmq_side import moves_by_jobs
from tests.bench.frame import Entry

JOURNEYS, PER_PERSON = 2, 2
ENROLLED, SAMPLE = 10_000_000, 100_000


def prepare(folder: Path) -> None:
    for name, enrolled in (("large", ENROLLED), ("small", SAMPLE), ("indexed", SAMPLE)):
        journeys_store.lay_store(folder / f"{name}.duckdb", enrolled // PER_PERSON, JOURNEYS, PER_PERSON)
    journeys_one_by_one.index_store(folder / "indexed.duckdb")


def reset(folder: Path) -> None:
    for name in ("large", "small"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()


def ours(folder: Path) -> Mapping[str, Any]:
    """The engine: ticks, gates, log, outbox and positions."""
    begun = time.perf_counter()
    found = journeys_store.run_ticks(folder / "large", folder / "large.duckdb", JOURNEYS)
    return {**found, "wall_seconds": time.perf_counter() - begun}


def baseline(folder: Path) -> Mapping[str, Any]:
    """The reference, one person at a time on the same store, scaled from 100,000 enrolled."""
    begun = time.perf_counter()
    moves, verdicts = journeys_one_by_one.step_everybody(folder / "indexed.duckdb", JOURNEYS)
    elapsed = time.perf_counter() - begun
    return {
        "digest": journeys_one_by_one.digest(moves, verdicts),
        "apart_seconds": -elapsed * (ENROLLED // SAMPLE - 1),
    }


def _beside_jobs(moves_a_second: float, jobs: Mapping[str, Any]) -> Mapping[str, Any]:
    """How many times as many moves a second as one BullMQ job per person and step; 20 is aimed at."""
    if "skipped" in jobs:
        return jobs
    return {
        "jobs_moves_a_second": round(jobs["moves_a_second"], 1),
        "ratio_to_jobs": round(moves_a_second / jobs["moves_a_second"], 1),
        "target_to_jobs": 20,
    }


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The engine's log over the small store, to be compared; beside the baseline, once its clock stands, the jobs."""
    if side == "baseline":
        return {**result, "jobs": moves_by_jobs()}
    journeys_store.run_ticks(folder / "small", folder / "small.duckdb", JOURNEYS)
    return {**result, "digest": journeys_store.digest(folder / "small")}


ENTRY = Entry(
    name="journeys_10m",
    work=f"{ENROLLED:,} enrolled, 6 steps, {journeys_store.TICKS} ticks, all gates, log and outbox",
    prepare=prepare,
    reset=reset,
    ours=ours,
    baseline=baseline,
    tell=tell,
    target=100,
    agree=lambda ours, baseline: ours["digest"] == baseline["digest"] and ours["enrolled"] == ENROLLED,
    further=lambda ours, baseline: {
        "moves": ours["moves"],
        **_beside_jobs(ours["moves"] / ours["wall_seconds"], baseline["jobs"]),
    },
    rounds=1,
)
