"""Local times to UTC: equal to the kernel's rule for every minute around a change."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import pytest

from ingestion.zones import offsets, shifted
from kith.times import from_local, to_utc_naive

ZONES = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Sao_Paulo",
    "UTC",
]
STRETCHES = [datetime(2011, 3, 13), datetime(2011, 3, 26, 12), datetime(2011, 10, 29, 12),
             datetime(2011, 11, 6),
             datetime(2011, 4, 2, 12), datetime(2011, 10, 1, 12), datetime(2012, 2, 25, 12)]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_shift__gaps_move_forward_and_folds_take_the_first(zone: str) -> None:
    times = [start + timedelta(minutes=10 * step) for start in STRETCHES for step in range(200)]
    spans = offsets(zone, min(times), max(times))
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; CREATE TABLE local (t TIMESTAMP)")
    connection.executemany("INSERT INTO local VALUES (?)", [[time] for time in times])
    found = connection.execute(f"SELECT t, {shifted('t', spans)} FROM local").fetchall()
    wrong = [(t, utc) for t, utc in found if utc != to_utc_naive(from_local(t, zone))]
    assert wrong == []


def test_offsets__hold_only_what_the_span_needs() -> None:
    assert len(offsets("Europe/London", datetime(2011, 5, 1), datetime(2011, 6, 1))) == 1
    assert len(offsets("Europe/London", datetime(2010, 12, 1), datetime(2011, 12, 9))) == 3
