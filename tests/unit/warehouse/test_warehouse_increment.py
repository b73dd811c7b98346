"""Runs add up: whatever arrives in whatever order, the warehouse equals one that is built at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.unit.warehouse.feed import FIRST, happenings, landings
from tests.unit.warehouse.lake import Lake, differing_rows, event, published, run_dbt

pytestmark = pytest.mark.whole

PEOPLE = {
    f"p{n}": [("user_id", f"u{n}"), ("anonymous_id", f"a{n}0"), ("anonymous_id", f"a{n}1")] for n in range(9)
}
LAST = FIRST + timedelta(days=75)


@pytest.mark.parametrize("order", ["one", "another"])
def test_warehouse__runs_add_up_to_a_full_refresh_in_any_order_of_landing(tmp_path: Path, order: str) -> None:
    lake = Lake(tmp_path).lay_empty()
    lake.identities(1, PEOPLE)
    runs = [datetime(2026, 3, 20), datetime(2026, 4, 10), LAST]
    for number, rows in enumerate(landings(list(happenings(700)), order, len(runs)), 1):
        lake.land(rows, number)
        added_up = lake.begin_run(runs[number - 1])
        run_dbt(tmp_path, added_up, "run", "--select", "tag:core")
    at_once = lake.begin_run(LAST)
    run_dbt(tmp_path, at_once, "run", "--select", "tag:core", "--full-refresh")
    tables = sorted(file.stem for file in at_once.glob("*.parquet") if file.stem != "run")
    assert {table: differing_rows(added_up, at_once, table) for table in tables} == dict.fromkeys(tables, 0)
    assert published(at_once, "select count(*) as n from {events}") == [{"n": 700}]
    assert published(at_once, "select count(*) > 100 as many from {sessions}") == [{"many": True}]


def test_sessions__take_up_what_had_landed_but_did_not_count_yet(tmp_path: Path) -> None:
    """The only news of the second run is time: the row lay in the lake, beyond the first run's as_of."""
    lake = Lake(tmp_path).lay_empty()
    hours = [FIRST, FIRST + timedelta(hours=9)]
    lake.land([event(f"e{n}", "", at, anon="a1", kind="page") for n, at in enumerate(hours)], 1)
    for at, count in zip(hours, (1, 2), strict=True):
        run = lake.begin_run(at + timedelta(minutes=1))
        run_dbt(tmp_path, run, "run", "--select", "+int_sessions__stitched")
        with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
            assert connection.execute("select count(*) from int_sessions__stitched").fetchall() == [(count,)]
