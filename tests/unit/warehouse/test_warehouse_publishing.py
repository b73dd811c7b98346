"""A run publishes whole levels or nothing, and never looks back; an analyst builds alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.unit.warehouse.lake import Lake, event, run_dbt

pytestmark = pytest.mark.whole

SEEN = datetime(2026, 4, 1, 10)
AS_OF = SEEN + timedelta(days=1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path).lay_empty()
    lake.identities(1, {"p1": [("user_id", "u1")]})
    lake.land([event("e1", "Order Completed", SEEN, user="u1", properties={"order_id": "o1", "total": 3})], 1)
    return lake


def files(run: Path) -> set[str]:
    return {path.name for path in run.iterdir()} - {"run.parquet"}


def test_publishing__part_of_a_level_is_refused(lake: Lake) -> None:
    run = lake.begin_run(AS_OF)
    result = run_dbt(lake.home, run, "run", "--select", "+orders", succeed=False)
    assert "belongs to core and was not built" in str(result.exception)
    assert files(run) == set()


def test_publishing__a_failed_test_publishes_nothing(lake: Lake) -> None:
    row = event("e2", "Order Completed", SEEN, user="u1", properties={"order_id": "o2", "total": 3})
    lake.land([{**row, "effective_at": SEEN - timedelta(days=2), "occurred_at": SEEN - timedelta(days=1)}], 2)
    run = lake.begin_run(AS_OF)
    result = run_dbt(lake.home, run, "build", "--select", "tag:core", succeed=False)
    failed = {each.node.name for each in result.result.results if each.status == "fail"}
    assert failed == {"assert_events_take_effect_by_the_rule"}
    assert files(run) == set()


def test_warehouse__refuses_a_run_that_looks_further_back(lake: Lake) -> None:
    run_dbt(lake.home, lake.begin_run(AS_OF), "run", "--select", "+int_events__deduplicated")
    earlier = lake.begin_run(SEEN)
    result = run_dbt(lake.home, earlier, "run", "--select", "tag:core", succeed=False)
    assert "build into another warehouse, or with --full-refresh" in str(result.exception)
    run_dbt(lake.home, earlier, "run", "--select", "tag:core", "--full-refresh")
    assert "orders.parquet" in files(earlier)


def test_analyst__builds_everything_without_a_run(lake: Lake) -> None:
    result = run_dbt(lake.home, None, "build", target="dev")
    assert sum(each.node.resource_type == "unit_test" for each in result.result.results) > 20
    with duckdb.connect(str(lake.home / "dev.duckdb"), read_only=True) as connection:
        assert connection.execute("select order_id from orders").fetchall() == [("o1",)]
        assert connection.execute("select run_id from stg_kith__runs").fetchall() == [("unpublished",)]


def test_analyst__sees_the_lake_as_the_last_published_run_did(lake: Lake) -> None:
    run = lake.begin_run(SEEN)
    (lake.home / "published" / "CURRENT").write_text(run.name)
    run_dbt(lake.home, None, "run", "--select", "+orders", target="dev")
    with duckdb.connect(str(lake.home / "dev.duckdb"), read_only=True) as connection:
        assert connection.execute("select as_of from stg_kith__runs").fetchall() == [(SEEN,)]
        assert connection.execute("select count(*) from orders").fetchall() == [(0,)]
