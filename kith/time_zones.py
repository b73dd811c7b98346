"""Time zones as data: the offset from UTC of each zone at each time, out of the zoneinfo database.

An engine's own zone functions differ from each other and from Python's; a table that all of them join is one
answer. It is laid anew when the database's version (the digest of its files) changes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import md5
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import pyarrow as pa

from kith.lake import Home, commit, latest_commit
from kith.lake.table import LakeTable
from kith.times import to_utc_naive

ROOM = "reference"
TZ_OFFSETS = LakeTable(
    room=ROOM,
    name="tz_offsets",
    schema=pa.schema(
        [
            ("zone", pa.string()),
            ("from_at", pa.timestamp("us")),
            ("to_at", pa.timestamp("us")),
            ("offset_seconds", pa.int64()),
        ]
    ),
)
BEGIN, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(2070, 1, 1, tzinfo=UTC)
EVER, NEVER = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
MONTH = timedelta(days=28)
SECOND = timedelta(seconds=1)


def lay_time_zones(home: Home) -> bool:
    """Lay the table if it is missing or of another version of the database; answers whether it was laid."""
    version = database_version()
    present = latest_commit(home, ROOM)
    if present is not None and present.meta.get("version") == version:
        return False
    with commit(home, ROOM, {"version": version}) as writer:
        (writer.path / f"{TZ_OFFSETS.name}.parquet").write_bytes(_file())
    return True


def database_version() -> str:
    """The digest of every zone's file, wherever Python finds them."""
    return _database()[1]


@cache
def tz_offsets() -> pa.Table:
    """One row per zone and stretch of time of one offset: `from_at` ≤ instant < `to_at`, both UTC.

    The stretches of a zone touch and leave nothing out, from 1900 to 3000. They are exact from 1970 to 2070;
    before and after, the offset stays what it was then.
    """
    known: dict[bytes, list[tuple[datetime, datetime, int]]] = {}
    columns: dict[str, list[object]] = {name: [] for name in TZ_OFFSETS.schema.names}
    for zone, content in _database()[0]:
        if content not in known:
            known[content] = list(_stretches(ZoneInfo(zone), content))
        for from_at, to_at, offset in known[content]:
            for name, value in zip(
                columns, (zone, to_utc_naive(from_at), to_utc_naive(to_at), offset), strict=True
            ):
                columns[name].append(value)
    return pa.table(columns, schema=TZ_OFFSETS.schema)


@cache
def _file() -> bytes:
    """The table as Parquet, made once a process: a test suite lays out a thousand homes."""
    import pyarrow.parquet as pq

    content = BytesIO()
    pq.write_table(tz_offsets(), content, compression="zstd")
    return content.getvalue()


@cache
def _database() -> tuple[list[tuple[str, bytes]], str]:
    zones = [(zone, _content(zone)) for zone in sorted(available_timezones())]
    digest = md5(usedforsecurity=False)
    for zone, content in zones:
        digest.update(zone.encode() + b"\0" + content)
    return zones, digest.hexdigest()


def _content(zone: str) -> bytes:
    """A zone's file: the system's, or the one of the package tzdata, as Python itself looks for it."""
    for root in TZPATH:
        file = Path(root) / zone
        if file.is_file():
            return file.read_bytes()
    *folders, name = zone.split("/")
    return files(".".join(["tzdata", "zoneinfo", *folders])).joinpath(name).read_bytes()


def _stretches(zone: ZoneInfo, content: bytes) -> Iterator[tuple[datetime, datetime, int]]:
    """From candidates of a change, by asking Python for the offset at each."""
    candidates = sorted(each for each in set(_listed(content)) if BEGIN < each < END)
    start, offset = EVER, _offset(zone, BEGIN)
    ruled = _ruled(zone, max(candidates, default=BEGIN)) if _has_rule(content) else ()
    for at in (*candidates, *ruled):
        later = _offset(zone, at)
        if later != offset:
            yield start, at, offset
            start, offset = at, later
    yield start, NEVER, offset


def _listed(content: bytes) -> Iterator[datetime]:
    """The transitions that a TZif file lists (RFC 8536): those of its second, 64-bit part."""
    header = struct.Struct(">4s1s15x6l")
    _, version, *counts = header.unpack_from(content)
    place, size = header.size, 4
    if version >= b"2":
        is_utc, is_standard, leaps, times, types, letters = counts
        place += times * 5 + types * 6 + letters + leaps * 8 + is_standard + is_utc
        _, version, *counts = header.unpack_from(content, place)
        place, size = place + header.size, 8
    code = {4: "l", 8: "q"}[size]
    for seconds in struct.unpack_from(f">{counts[3]}{code}", content, place):
        if abs(seconds) < 2**40:
            yield BEGIN + timedelta(seconds=seconds)


def _has_rule(content: bytes) -> bool:
    """Whether the file's last line, a POSIX TZ string, tells of summer time: it then names two dates."""
    return b"," in content.rstrip(b"\n").rpartition(b"\n")[2]


def _ruled(zone: ZoneInfo, since: datetime) -> Iterator[datetime]:
    """The changes after the last listed one. They follow a yearly rule with months between two changes, so a
    look every four weeks misses none; the second of each is found by halving."""
    at, offset = since, _offset(zone, since)
    while at < END:
        upto = min(at + MONTH, END)
        later = _offset(zone, upto)
        if later != offset:
            yield _change(zone, at, upto, offset)
        at, offset = upto, later


def _change(zone: ZoneInfo, low: datetime, high: datetime, offset: int) -> datetime:
    """The second at which `offset`, in force at `low` and not at `high`, ends."""
    while high - low > SECOND:
        middle = (low + (high - low) // 2).replace(microsecond=0)
        low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
    return high


def _offset(zone: ZoneInfo, instant: datetime) -> int:
    offset = instant.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
