"""A small world on both engines: everything builds, every test passes, every published table is equal."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.integration.spark.__main__ import both, make_world, report
from tests.integration.spark.builds import Build, Published
from tests.integration.spark.comparison import Verdict, compare
from tests.integration.spark.engine import spark_remote
from tests.integration.spark.tables import DuckDBTables, SparkTables

INSTALLED = all(importlib.util.find_spec(name) for name in ("pysail", "pyspark", "dbt.adapters.spark"))

pytestmark = [
    pytest.mark.spark,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not INSTALLED, reason="the extra `spark` is not installed: make .venv-spark/.done"),
]

PEOPLE = 150


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Build], list[Verdict]]:
    folder = tmp_path_factory.mktemp("spark")
    return both(make_world(folder, PEOPLE, print), folder, print)


def test_project__builds_and_passes_its_tests_on_spark(outcome: tuple[list[Build], list[Verdict]]) -> None:
    assert [line for build in outcome[0] for line in build.failures] == []
    assert outcome[0][1].counts["unit test", "pass"] > 20


def test_published_tables__are_equal_on_both_engines(outcome: tuple[list[Build], list[Verdict]]) -> None:
    verdicts = outcome[1]
    assert [each.table for each in verdicts if not each.is_equal] == [], "\n".join(report(*outcome))
    assert sum(each.left.row_count > 0 for each in verdicts) >= len(verdicts) * 0.7


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkTables]:
    with spark_remote(tmp_path_factory.mktemp("engine")) as address:
        tables = SparkTables(address)
        try:
            yield tables
        finally:
            tables.close()  # a session that outlives its server keeps the process waiting for it for minutes


def verdict(right: SparkTables, folder: Path, on_duckdb: str, on_spark: str) -> Verdict:
    """The comparison of one table that each engine makes of a query of its own."""
    with duckdb.connect(str(folder / "one.duckdb")) as connection:
        connection.execute(f"create or replace table seen as {on_duckdb}")
    left = DuckDBTables(folder / "one.duckdb")
    try:
        right.command("create schema if not exists kith")
        right.command("drop table if exists kith.seen")
        right.command(f"create table kith.seen as {on_spark}")
        return compare(Published("seen", ("id",)), left, right)
    finally:
        left.close()


def rows(
    amount: str = "1.5", share: str = "0.1", day: str = "2026-01-02 03:04:05.000006", copies: int = 1
) -> str:
    one = (
        "select cast(7 as bigint) as id, 'ä|b' as name, cast({} as decimal(18, 4)) as amount, "
        "cast({} as double) as share, cast('{}' as timestamp) as seen_at, date '2026-01-02' as seen_on, "
        "true as is_seen, cast(null as string) as note"
    )
    return " union all ".join([one.format(amount, share, day)] * copies)


def test_comparison__sums_of_another_order_are_equal(spark: SparkTables, tmp_path: Path) -> None:
    assert verdict(spark, tmp_path, rows(), rows(share="0.1000000000000004")).is_equal
    assert verdict(spark, tmp_path, rows(share="0"), rows(share="-0.0")).is_equal
    assert verdict(spark, tmp_path, rows(share="123456789.125"), rows(share="123456789.12500004")).is_equal


@pytest.mark.parametrize(
    ("planted", "told"),
    [
        (rows(amount="1.5001"), "amount 1.5000 != 1.5001"),
        (rows(share="0.100000002"), "share 100000000 != 100000002"),
        (rows(day="2026-01-02 03:04:05.000007"), "seen_at 1767323045000006 != 1767323045000007"),
        (rows().replace("ä|b", "ä|B"), "name 3:ä|b != 3:ä|B"),
        (rows().replace("cast(null as string)", "''"), "note - != 0:"),
        (rows().replace("true", "false"), "is_seen t != f"),
        (rows(copies=2), "0 rows are on DuckDB alone, 1 on Spark alone"),
        (rows().replace("cast(7 as bigint)", "cast(7 as int)"), "only on Spark: id int"),
    ],
)
def test_comparison__finds_and_names_a_planted_difference(
    spark: SparkTables, tmp_path: Path, planted: str, told: str
) -> None:
    found = verdict(spark, tmp_path, rows(), planted)
    assert not found.is_equal
    assert told in "\n".join(found.differences)
