"""`segment_preview`: size, reach, overlap and twelve weeks on a million profiles, beside one query for the size."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow.dataset  # noqa: F401
import scipy.sparse  # noqa: F401

from activation.segments.audience import count_members
from activation.segments.membership.bitmaps import read_bitmaps
from activation.segments.preview import Preview, Previews, preview
from tests.bench import segment_sql
from tests.bench.frame import Entry
from tests.bench.segment_definitions import draw_definitions
from tests.bench.segment_sides import (
    BITMAPS,
    COPIED,
    DEFINITIONS,
    NATIVE,
    PEOPLE,
    WORK,
    lay_asked,
    lay_in_force,
    prepare_sides,
    read_all,
    world_in,
)

KINDS = (
    "sequence", "without", "where", "days", "in_each", "sum", "average", "maximum", "distinct", "first", "last",
    "score", "top_percent", "consent", "list", "segment", "attribute", "did", "did_not", "count",
)  # fmt: skip
_REACH = """
    SELECT channel, count(*) FROM native.consents
    WHERE is_granted AND number IN (SELECT number FROM profiles WHERE {condition})
    GROUP BY channel"""
OF_EACH, WARM_SECONDS, COLD_SECONDS = 2, 1.0, 1.5


def _names() -> list[str]:
    """Two definitions of each kind, drawn."""
    texts, chance = {name: json.dumps(who) for name, who in draw_definitions(DEFINITIONS).items()}, Random(5)
    chosen: list[str] = []
    for kind in KINDS:
        told = [name for name, text in texts.items() if f'"{kind}"' in text and name not in chosen]
        chosen += chance.sample(told, OF_EACH)
    return chosen


def prepare(folder: Path) -> None:
    """The segments are in force, and a preview has been made of each, as if somebody had looked around."""
    prepare_sides(folder)
    lay_in_force(folder)
    with Previews(world_in(folder).settings) as previews:
        for name in _names():
            previews.of(_file(folder, name))


def _file(folder: Path, name: str) -> Path:
    return folder / "home" / "definitions" / "segments" / f"{name}.yml"


def ours(folder: Path) -> Mapping[str, Any]:
    """previews one after the other in one process, the first apart: the median of forty"""
    began = time.perf_counter()
    cold = [_in_a_fresh_process(folder, name) for name in _names()]
    warm, told = [], {}
    with Previews(world_in(folder).settings) as previews:
        previews.of(_file(folder, "s0000"))
        for name in _names():
            start = time.perf_counter()
            told[name] = previews.of(_file(folder, name))
            warm.append(time.perf_counter() - start)
    median = statistics.median(warm)
    return {
        "sizes": {name: each.size for name, each in told.items()},
        "last_weeks": {name: each.trend[-1].size for name, each in told.items()},
        "reach": {name: _consented(each) for name, each in told.items()},
        "overlapping": [len(each.overlaps) > 0 for each in told.values() if each.size > 1_000],
        "warm": warm,
        "cold": cold,
        "apart_seconds": time.perf_counter() - began - median,
    }


def _consented(told: Preview) -> dict[str, int]:
    """By channel on which anybody of the members consented, how many."""
    return {each.channel: each.consented_count for each in told.reach}


def _in_a_fresh_process(folder: Path, name: str) -> float:
    """A child that has the imports and nothing of the world."""
    context = get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=_once, args=(folder, name, answers))
    child.start()
    seconds = answers.get()
    child.join()
    return seconds


def _once(folder: Path, name: str, answers: Any) -> None:
    start = time.perf_counter()
    preview(world_in(folder).settings, _file(folder, name))
    answers.put(time.perf_counter() - start)


def baseline(folder: Path) -> Mapping[str, Any]:
    """one DuckDB query for the size alone, native tables with integer keys, two threads: the median of the same forty"""  # fmt: skip # noqa: E501
    began, took, sizes, reach = time.perf_counter(), [], {}, {}
    segments = read_all(folder)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"ATTACH '{folder / NATIVE}' AS native (READ_ONLY)")
        for table in COPIED:
            connection.execute(f"CREATE TABLE {table} AS FROM native.{table}")
        lay_asked(folder, connection, segments, _names())
        for name in _names():
            start = time.perf_counter()
            condition = segment_sql.condition(segments[name].tree)
            found = connection.execute(f"SELECT count(*) FROM profiles WHERE {condition}").fetchone()
            took.append(time.perf_counter() - start)
            sizes[name] = found[0] if found else 0
            reach[name] = dict(connection.execute(_REACH.format(condition=condition)).fetchall())
    median = statistics.median(took)
    return {"sizes": sizes, "reach": reach, "apart_seconds": time.perf_counter() - began - median}


def _tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The batch's bitmaps say the same sizes, and a preview's last week is its size."""
    stored = {name: count_members(bits) for name, bits in read_bitmaps(folder / BITMAPS, _names()).items()}
    assert stored == result["sizes"], side
    assert result.get("last_weeks", stored) == stored
    assert all(result.get("overlapping", [True])), "a preview shows no overlap"
    return result


def _further(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    del other
    told = {f"{word}_{name}": each for word in ("warm", "cold") for name, each in _spread(one[word]).items()}
    is_met = max(one["warm"]) <= WARM_SECONDS and max(one["cold"]) <= COLD_SECONDS
    return {**told, "warm_target": WARM_SECONDS, "cold_target": COLD_SECONDS, "is_within": is_met}


def _spread(seconds: Sequence[float]) -> Mapping[str, float]:
    ordered = sorted(seconds)
    places = {"median": len(ordered) // 2, "p95": int(len(ordered) * 0.95), "worst": len(ordered) - 1}
    return {name: round(ordered[place], 3) for name, place in places.items()}


ENTRY = Entry(
    name="segment_preview",
    work=f"{len(KINDS) * OF_EACH} previews (size, sample, reach, overlap, 13 weeks) on {PEOPLE:,} profiles, of {WORK}",
    prepare=prepare,
    ours=ours,
    baseline=baseline,
    tell=_tell,
    agree=lambda one, other: one["sizes"] == other["sizes"] and one["reach"] == other["reach"],
    further=_further,
)
