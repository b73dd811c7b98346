"""`audience_diff`: who entered and left a thousand audiences after a hundredth of a million profiles changed."""

from __future__ import annotations

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
    import pyarrow as pa

    from activation.segments.audience import pack
    from activation.segments.membership.bitmaps import Bitmap, write_bitmaps
    from kith.lake import write_parquet

    ids = pa.array([f"{number:032x}" for number in range(PROFILES)])
    write_parquet(pa.table({"profile_id": ids}), folder / "population.parquet")
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
        low, high = chance.integers(1, VALUES // 4), chance.integers(1, VALUES // 2)
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


def load() -> None:
    """Imports are apart."""
    import duckdb  # noqa: F401

    import activation.segments.membership.bitmaps
    import activation.segments.membership.rows
    import activation.segments.tables  # noqa: F401


def reset(folder: Path) -> None:
    """What a side wrote goes."""
    for name in ("moves.parquet", "moves.duckdb"):
        (folder / name).unlink(missing_ok=True)


def ours(folder: Path) -> Mapping[str, Any]:
    """both states' bits read, compared, and a row written for each profile that entered or left"""
    import time

    import numpy as np
    import pyarrow.parquet as pq

    from activation.segments.membership.bitmaps import read_bitmaps
    from activation.segments.membership.change import CHANGES
    from activation.segments.membership.difference import changed_positions, holds
    from activation.segments.membership.rows import RowFile
    from activation.segments.tables import HISTORY

    ids = pq.read_table(folder / "population.parquet")["profile_id"].combine_chunks()
    before, after = (read_bitmaps(folder / f"{state}.parquet") for state in STATES)
    read = time.perf_counter()
    names = list(after)
    words = {"segment": names, "version": ["v"], "change": CHANGES, "reason": ["behaviour"]}
    with RowFile(folder / "moves.parquet", HISTORY, ids, words) as rows:
        for code, name in enumerate(names):
            positions = changed_positions(before[name], after[name])
            change = np.where(holds(after[name], positions), 0, 1)
            rows.append(
                len(positions), segment=code, version=0, profile_id=positions, change=change, reason=0, at=0
            )
    return {"compare_and_write_seconds": round(time.perf_counter() - read, 4)}


def baseline(folder: Path) -> Mapping[str, Any]:
    """EXCEPT both ways per audience over members in native tables sorted by audience, into a table"""
    import duckdb

    moves = (
        "INSERT INTO moves SELECT {0} AS segment, profile, {1} AS is_entered FROM ({2} EXCEPT {3}) AS moved"
    )
    with duckdb.connect(str(folder / "members.duckdb"), read_only=True) as connection:
        connection.execute("SET threads = 2; SET memory_limit = '4GB'")
        connection.execute("CREATE TEMP TABLE moves (segment SMALLINT, profile INTEGER, is_entered BOOLEAN)")
        for number in range(AUDIENCES):
            old, new = (f"SELECT profile FROM {state} WHERE segment = {number}" for state in STATES)
            connection.execute(moves.format(number, "TRUE", new, old))
            connection.execute(moves.format(number, "FALSE", old, new))
        connection.execute(f"COPY moves TO '{folder}/moves.parquet'")
    return {}


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Every row of what entered and left, summed; and the mean audience."""
    import duckdb

    columns = "segment, profile, is_entered"
    if side == "ours":
        columns = """CAST(substr(segment, 2) AS SMALLINT) AS segment,
            CAST('0x' || substr(profile_id, 25) AS INTEGER) AS profile, change = 'entered' AS is_entered"""
    moves = f"SELECT {columns} FROM '{folder}/moves.parquet'"
    found = duckdb.execute(
        f"""
        SELECT COUNT(*), COUNT(*) FILTER (is_entered), COUNT(DISTINCT profile),
            SUM(CAST(HASH(segment, profile, is_entered) AS HUGEINT))
        FROM ({moves}) AS moves
        """
    ).fetchone()
    assert found is not None
    size = duckdb.execute(f"SELECT SUM(size) / {AUDIENCES} FROM '{folder}/after.parquet'").fetchone()
    assert size is not None
    counts = dict(zip(("rows", "entered", "profiles"), found[:3], strict=True))
    return {"moves": [*counts.values(), int(found[3])], "mean_audience": int(size[0]), **counts, **result}


def _further(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    del other
    names = ("mean_audience", "rows", "entered", "profiles", "compare_and_write_seconds")
    return {name: one[name] for name in names}


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
