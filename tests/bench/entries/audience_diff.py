"""`audience_diff`: who entered and left a thousand audiences after a hundredth of a million profiles changed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.bench.frame import Entry

PROFILES, AUDIENCES, CHANGED = 1_000_000, 1_000, 10_000
ATTRIBUTES, VALUES = 20, 200
AS_OF = datetime(2026, 5, 1)
STATES = ("before", "after")


def prepare(folder: Path) -> None:
    """Both states as bits in Parquet, as the lake keeps them, and as members in native tables sorted by audience."""
    from activation.segments.audience import pack
    from activation.segments.membership.bitmaps import Bitmap, write_bitmaps

    for state, people in zip(STATES, _people(), strict=True):
        truths = _audiences(people)
        bitmaps = [Bitmap(f"s{number:04d}", "v", AS_OF, pack(truth)) for number, truth in enumerate(truths)]
        write_bitmaps(folder / f"{state}.parquet", bitmaps)
        _write_members(folder / "members.duckdb", state, bitmaps)


def _people() -> Iterator[Any]:
    """Small whole numbers, by attribute and profile; in the second state some profiles have others."""
    import numpy as np

    chance = np.random.default_rng(7)
    people = chance.integers(0, VALUES, (ATTRIBUTES, PROFILES), np.uint8)
    yield people
    changed = chance.choice(PROFILES, CHANGED, replace=False)
    people[:, changed] = chance.integers(0, VALUES, (ATTRIBUTES, CHANGED), np.uint8)
    yield people


def _audiences(people: Any) -> Iterator[Any]:
    """One or two attributes below a bound: up to a quarter of all, a tenth on average."""
    import numpy as np

    chance = np.random.default_rng(11)
    for _ in range(AUDIENCES):
        first, second = chance.choice(ATTRIBUTES, 2, replace=False)
        low, high = chance.integers(1, VALUES // 4 + 6), chance.integers(1, VALUES // 2)
        yield (people[first] < low) & (people[second] >= high // 2)


def _write_members(file: Path, state: str, bitmaps: Any) -> None:
    import duckdb
    import numpy as np
    import pyarrow as pa

    from activation.segments.audience import unpack

    with duckdb.connect(str(file)) as connection:
        connection.execute("SET threads = 2; SET memory_limit = '4GB'")
        connection.execute(f"CREATE TABLE {state} (segment SMALLINT, profile INTEGER)")
        for number, each in enumerate(bitmaps):
            profiles = np.flatnonzero(unpack(each.bits, PROFILES)).astype(np.int32)
            segment = np.full(len(profiles), number, np.int16)
            rows = pa.table({"segment": segment, "profile": profiles})
            connection.register("rows", rows)
            connection.execute(f"INSERT INTO {state} FROM rows")


HELD: dict[str, Any] = {}


def load() -> None:
    """Imports are apart."""
    import duckdb  # noqa: F401

    import activation.segments.membership.bitmaps
    import activation.segments.membership.difference  # noqa: F401


def reset(folder: Path) -> None:
    """Each side has its states as it goes by them: the bits at hand, as an evaluation has them; the tables open."""
    import duckdb

    from activation.segments.membership.bitmaps import read_bitmaps

    began = time.perf_counter()
    HELD["bits"] = [read_bitmaps(folder / f"{state}.parquet") for state in STATES]
    HELD["reading"] = time.perf_counter() - began
    HELD["connection"] = duckdb.connect(str(folder / "members.duckdb"), read_only=True)
    HELD["connection"].execute("SET threads = 2; SET memory_limit = '4GB'")


def ours(folder: Path) -> Mapping[str, Any]:
    """both states' bits compared: a row for each profile that entered or left"""
    import numpy as np

    from activation.segments.membership.difference import changed_positions, holds

    del folder
    before, after = HELD["bits"]
    segments, profiles, entered = [], [], []
    for number, name in enumerate(sorted(after)):
        positions = changed_positions(before[name], after[name])
        segments.append(np.full(len(positions), number, np.int16))
        profiles.append(positions.astype(np.int32))
        entered.append(holds(after[name], positions))
    columns = {"segment": segments, "profile": profiles, "is_entered": entered}
    HELD["moves"] = {name: np.concatenate(parts) for name, parts in columns.items()}
    return {"reading_seconds": round(HELD["reading"], 4)}


def baseline(folder: Path) -> Mapping[str, Any]:
    """EXCEPT both ways per audience over members in native tables sorted by audience, into a table"""
    del folder
    moves = (
        "INSERT INTO moves SELECT {0} AS segment, profile, {1} AS is_entered FROM ({2} EXCEPT {3}) AS moved"
    )
    connection = HELD["connection"]
    connection.execute("CREATE TEMP TABLE moves (segment SMALLINT, profile INTEGER, is_entered BOOLEAN)")
    for number in range(AUDIENCES):
        old, new = (f"SELECT profile FROM {state} WHERE segment = {number}" for state in STATES)
        connection.execute(moves.format(number, "TRUE", new, old))
        connection.execute(moves.format(number, "FALSE", old, new))
    return {}


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Every row of what entered and left, summed; and the mean audience."""
    import pyarrow as pa

    connection = HELD["connection"]
    if side == "ours":
        connection.register("moves", pa.table(HELD["moves"]))
    found = connection.execute(
        """
        SELECT COUNT(*), COUNT(*) FILTER (is_entered), COUNT(DISTINCT profile),
            SUM(CAST(HASH(segment, profile, is_entered) AS HUGEINT))
        FROM moves
        """
    ).fetchone()
    size = connection.execute(f"SELECT SUM(size) / {AUDIENCES} FROM '{folder}/after.parquet'").fetchone()
    counts = dict(zip(("rows", "entered", "profiles"), found[:3], strict=True))
    return {"moves": [*counts.values(), int(found[3])], "mean_audience": int(size[0]), **counts, **result}


def _further(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    del other
    return {name: one[name] for name in ("mean_audience", "rows", "entered", "profiles", "reading_seconds")}


ENTRY = Entry(
    name="audience_diff",
    work=f"{CHANGED:,} of {PROFILES:,} profiles changed: who entered and left {AUDIENCES:,} audiences",
    prepare=prepare,
    load=load,
    reset=reset,
    ours=ours,
    baseline=baseline,
    target=100,
    tell=tell,
    agree=lambda one, other: one["moves"] == other["moves"] and one["mean_audience"] >= 100_000,
    further=_further,
)
