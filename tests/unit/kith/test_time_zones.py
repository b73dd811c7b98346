"""Time zones as data: the table, the macros over it, and Python's own answer to the same questions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import duckdb
import pyarrow.parquet as pq
import pytest

from kith import time_zones
from kith.clock import FixedClock
from kith.lake import Home, commits
from kith.run import begin_run
from kith.settings import Settings
from kith.time_zones import TZ_OFFSETS, lay_time_zones, tz_offsets
from tests.unit.warehouse.enrichment import rendered

ZONES = (
    "UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata",
    "Asia/Tehran", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu",
    "America/St_Johns", "Pacific/Chatham", "America/Havana", "Asia/Gaza", "Antarctica/Troll",
)  # fmt: skip
STEPS = [
    timedelta(seconds=each) for each in (-7200, -3601, -3600, -1801, -1, 0, 1, 1799, 1800, 3599, 3600, 7200)
]


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.register("raw_offsets", tz_offsets())
        sql = rendered("{{ tz_offset_rows('raw_offsets') }}")
        connection.execute(f"CREATE TABLE offsets AS {sql}")
        yield connection


def around_changes(zone: str, since: datetime, until: datetime) -> list[datetime]:
    """Instants at and around every change of a zone, by the table under test, and one in the middle of each."""
    rows = [row for row in tz_offsets().to_pylist() if row["zone"] == zone]
    changes = [row["from_at"] for row in rows[1:] if since <= row["from_at"] < until]
    return [change + step for change in changes for step in (*STEPS, timedelta(days=40))] or [since]


def test_time_zones__every_zone_is_complete_and_its_stretches_touch() -> None:
    stretches: dict[str, list[dict[str, object]]] = {}
    for row in tz_offsets().to_pylist():
        stretches.setdefault(row["zone"], []).append(row)
    assert set(ZONES) <= set(stretches)
    for rows in stretches.values():
        assert (rows[0]["from_at"], rows[-1]["to_at"]) == (datetime(1900, 1, 1), datetime(3000, 1, 1))
        for one, other in pairwise(rows):
            assert one["to_at"] == other["from_at"]
            assert one["offset_seconds"] != other["offset_seconds"]


def test_time_zones__noon_of_every_week_of_a_century_has_pythons_offset() -> None:
    with duckdb.connect() as connection:
        connection.register("offsets", tz_offsets())
        for zone in ZONES:
            days = [datetime(1970, 1, 1, 12) + timedelta(days=7 * week) for week in range(5217)]
            found = connection.execute(
                "SELECT offset_seconds FROM unnest(?) AS t (noon)"
                " JOIN offsets ON zone = ? AND noon >= from_at AND noon < to_at ORDER BY noon",
                [days, zone],
            ).fetchall()
            own = [day.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() for day in days]
            assert [timedelta(seconds=row[0]) for row in found] == own, zone


@pytest.mark.parametrize("zone", ZONES)
def test_local_time__is_pythons_at_and_around_every_change(
    database: duckdb.DuckDBPyConnection, zone: str
) -> None:
    instants = around_changes(zone, datetime(2000, 1, 1), datetime(2040, 1, 1))
    sql = rendered(
        "select given.moment, {{ local_time('given.moment') }}, {{ local_date('given.moment') }} from given"
        " {{ join_offset('given.zone', 'given.moment', offsets='offsets') }}"
    )
    database.execute("CREATE TABLE given AS SELECT ? AS zone, unnest(?) AS moment", [zone, instants])
    rows = database.execute(sql).fetchall()
    assert len(rows) == len(instants)
    for at, local, day in rows:
        own = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        assert (local, day) == (own, own.date())


@pytest.mark.parametrize("zone", ZONES)
def test_utc_time__moves_a_gap_forward_and_takes_the_first_of_a_fold(
    database: duckdb.DuckDBPyConnection, zone: str
) -> None:
    """PEP 495: fold=0 is the first of two, and reads a skipped time by the offset before the gap."""
    instants = around_changes(zone, datetime(2000, 1, 1), datetime(2040, 1, 1))
    offsets = [timedelta(seconds=each) for each in (0, 3600, -3600, 1800)]
    locals_ = sorted({
        at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) + each
        for at in instants
        for each in offsets
    })  # fmt: skip
    sql = rendered(
        "select given.moment, {{ utc_time('given.moment') }} from given"
        " {{ join_local_offset('given.zone', 'given.moment', offsets='offsets') }}"
    )
    database.execute("CREATE TABLE given AS SELECT ? AS zone, unnest(?) AS moment", [zone, locals_])
    rows = database.execute(sql).fetchall()
    assert len(rows) == len(locals_)
    for local, instant in rows:
        assert instant == local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None), local


def test_local_time__of_an_unknown_zone_is_null(database: duckdb.DuckDBPyConnection) -> None:
    database.execute("CREATE TABLE given AS SELECT 'Nowhere' AS zone, TIMESTAMP '2026-01-01' AS moment")
    sql = (
        "select {{ local_time('given.moment') }} from given"
        " {{ join_offset('given.zone', 'given.moment', offsets='offsets') }}"
    )
    assert database.execute(rendered(sql)).fetchall() == [(None,)]


def test_time_zones__are_laid_once_and_again_when_the_database_changes(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = commits(home, "reference")
    laid = [each for each in before if each.name != "0000000000"]
    assert len(laid) == 1, "kith init lays them"
    assert not lay_time_zones(home)
    monkeypatch.setattr(time_zones, "database_version", lambda: "another")
    assert lay_time_zones(home)
    assert lay_time_zones(home) is False
    assert len(commits(home, "reference")) == len(laid) + 1 + (len(before) - len(laid))


def test_time_zones__what_is_laid_has_the_declared_schema(home: Home) -> None:
    laid = commits(home, "reference")[-1].table(TZ_OFFSETS.name)
    assert pq.read_table(laid).schema.equals(TZ_OFFSETS.schema)


def test_time_zones__a_run_lays_them_in_a_home_that_has_none(settings: Settings, clock: FixedClock) -> None:
    shutil.rmtree(settings.home / "lake" / "reference")
    begin_run(settings, clock)
    assert (
        pq.read_table(commits(Home(settings.home), "reference")[-1].table(TZ_OFFSETS.name)).num_rows > 10_000
    )
