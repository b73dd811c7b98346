"""Both sides of the benches of segments: definitions to written bitmaps, and one query per segment."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from activation.segments.audience import count_members, unpack
from activation.segments.bitsets.evaluator import evaluate_bits
from activation.segments.evaluation import load_segments
from activation.segments.membership.bitmaps import Bitmap, read_bitmaps, write_bitmaps
from activation.segments.membership.state import Standing, states_table
from activation.segments.sql_evaluator import read_segments
from activation.segments.tables import ROOM
from activation.segments.terms import Segment, references
from activation.segments.world import open_world
from kith.lake import Home, commit
from kith.snapshot import current_snapshot
from kith.times import format_instant, to_utc_naive
from tests.bench import segment_sql
from tests.bench.frame import Entry, Side
from tests.bench.segment_definitions import draw_definitions
from tests.bench.segment_world import SegmentWorld

PEOPLE, ROWS, DEFINITIONS, SAMPLE = 1_000_000, 20_000_000, 1_000, 60
WORK = f"{DEFINITIONS:,} definitions x {PEOPLE:,} profiles x {ROWS:,} rows"
BITMAPS, NATIVE, BUILT = "bitmaps.parquet", "native.duckdb", "built.json"
Further = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
COPIED = ("profiles", "rows", "lists", "consents", "asked", "members")


def world_in(folder: Path) -> SegmentWorld:
    return SegmentWorld(folder / "home", PEOPLE, ROWS)


def members_entry(name: str, work: str, ours: Side, baseline: Side, further: Further) -> Entry:
    """A bench of both sides: at least twenty times as fast, with the same members of the sampled segments."""

    def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
        return result if side == "baseline" else {**result, "members": members_of_sample(folder)}

    return Entry(
        name=name,
        work=work,
        prepare=prepare_sides,
        ours=ours,
        baseline=baseline,
        target=20,
        tell=tell,
        agree=lambda one, other: one["members"] == other["members"],
        further=further,
    )


def prepare_sides(folder: Path) -> None:
    """The world, its behaviour store, and native tables; what either is built in is told, not counted."""
    world = world_in(folder)
    world.lay()
    world.define(draw_definitions(DEFINITIONS))
    began = time.perf_counter()
    evaluate_to_bitmaps(folder, DEFINITIONS)
    first = time.perf_counter()
    evaluate_to_bitmaps(folder, DEFINITIONS)
    second = time.perf_counter()
    with duckdb.connect(folder / NATIVE, config={"threads": 2}) as connection:
        segment_sql.load_tables(connection, world.home)
    built = {"store": first - began - (second - first), "native": time.perf_counter() - second}
    (folder / BUILT).write_text(json.dumps(built))


def evaluate_to_bitmaps(folder: Path, count: int) -> int:
    """Read the first `count` definitions, evaluate them and write a bitmap each; answers how many members."""
    settings = world_in(folder).settings
    definitions = dict(list(load_segments(settings).items())[:count])
    snapshot = current_snapshot(Home(settings.home))
    assert snapshot is not None
    with open_world(settings, snapshot) as world:
        audiences = evaluate_bits(world, read_segments(world, definitions))
    as_of = to_utc_naive(snapshot.as_of)
    rows = [Bitmap(name, definitions[name].version, as_of, bits) for name, bits in audiences.bits.items()]
    write_bitmaps(folder / BITMAPS, rows)
    return sum(audiences.size(name) for name in audiences.bits)


def sample_names() -> list[str]:
    names = sorted(draw_definitions(DEFINITIONS))
    return sorted(Random(3).sample(names, SAMPLE))


def members_of_sample(folder: Path) -> dict[str, list[int]]:
    """How many members each sampled segment has, and the sum of their positions, as the bitmaps say."""
    found = read_bitmaps(folder / BITMAPS, sample_names())
    positions = {name: np.flatnonzero(unpack(bits, PEOPLE)) for name, bits in found.items()}
    return {name: [len(each), int(each.sum())] for name, each in sorted(positions.items())}


def query_sample(folder: Path, *, clustered: bool) -> tuple[float, Mapping[str, Any]]:
    """Seconds of one query per sampled segment, members appended to a table; and their members as above."""
    segments = read_all(folder)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute(f"ATTACH '{folder / NATIVE}' AS native (READ_ONLY)")
        for table in COPIED:
            order = " ORDER BY event, moment" if clustered and table == "rows" else ""
            connection.execute(f"CREATE TABLE {table} AS FROM native.{table}{order}")
        lay_asked(folder, connection, segments, sample_names())
        began = time.perf_counter()
        for name in sample_names():
            condition = segment_sql.condition(segments[name].tree)
            connection.execute(f"INSERT INTO members SELECT '{name}', number FROM profiles WHERE {condition}")
        seconds = time.perf_counter() - began
        told = connection.execute(
            "SELECT segment, count(*), sum(number)::BIGINT FROM members GROUP BY segment"
        )
        found = {name: [count, total] for name, count, total in told.fetchall()}
    return seconds, {name: found.get(name, [0, 0]) for name in sample_names()}


def read_all(folder: Path) -> dict[str, Segment]:
    """All definitions as engines take them."""
    settings = world_in(folder).settings
    snapshot = current_snapshot(Home(settings.home))
    assert snapshot is not None
    with open_world(settings, snapshot) as world:
        return read_segments(world, load_segments(settings))


def lay_asked(
    folder: Path, connection: duckdb.DuckDBPyConnection, segments: Mapping[str, Segment], names: Iterable[str]
) -> None:
    """The members of segments that some ask for."""
    asked = sorted({each for name in names for each in references(segments[name].tree)})
    for name, bits in read_bitmaps(folder / BITMAPS, asked).items():
        numbers = np.flatnonzero(unpack(bits, PEOPLE)).astype(np.int32)
        connection.register("found", pa.table({"number": numbers}))
        connection.execute(f"INSERT INTO asked SELECT '{name}', number FROM found")


def lay_in_force(folder: Path) -> None:
    """The bitmaps as the state of an evaluation; members as rows and history are left out, which no preview reads."""
    world, found = world_in(folder), read_bitmaps(folder / BITMAPS)
    snapshot = current_snapshot(Home(world.home))
    assert snapshot is not None
    at = snapshot.as_of
    ids = pq.read_table(snapshot.table("profiles"), columns=["profile_id"])["profile_id"]
    with commit(Home(world.home), ROOM, {"as_of": format_instant(at)}) as writer:
        writer.meta["population"] = writer.name
        places = np.arange(len(ids), dtype=np.int32)
        writer.write("population", pa.table({"position": places, "profile_id": ids}))
        rows = [Bitmap(name, "v", to_utc_naive(at), bits) for name, bits in found.items()]
        write_bitmaps(writer.path / "bitmaps.parquet", rows)
        standings = [
            Standing(name, "v", "v", at, at, count_members(bits), writer.name, writer.name, writer.name)
            for name, bits in found.items()
        ]
        writer.write("states", states_table(standings))
