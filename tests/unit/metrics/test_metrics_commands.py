"""`kith metrics` as scripts and people call it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import orjson
import pytest

from kith.cli.main import run
from tests.unit.metrics.conftest import Published

Captured = pytest.CaptureFixture[str]


def test_list__tells_each_metric_and_its_dimensions(
    home_of: Path, published: Published, capsys: Captured
) -> None:
    assert run(["metrics", "list", "--format", "json"]) == 0
    rows = {row["name"]: row for row in orjson.loads(capsys.readouterr().out)}
    assert set(rows) == {metric.name for metric in published.catalogue.metrics}
    assert rows["conversion_rate"]["type"] == "ratio"
    assert {"channel", "device", "country", "metric_time"} <= set(
        rows["conversion_rate"]["dimensions"].split(", ")
    )
    assert all(row["description"] and row["label"] for row in rows.values())


def test_list__tells_the_saved_queries(home_of: Path, published: Published, capsys: Captured) -> None:
    assert run(["metrics", "list", "--saved", "--format", "json"]) == 0
    names = {row["name"] for row in orjson.loads(capsys.readouterr().out)}
    assert names == {query.name for query in published.catalogue.saved}


def test_query__answers_in_csv(home_of: Path, capsys: Captured) -> None:
    assert run(["metrics", "query", "orders,net_revenue", "--by", "country,month", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(rows[0]) == ["country", "month", "currency", "orders", "net_revenue"]


def test_query__explains_itself_in_sql(home_of: Path, capsys: Captured) -> None:
    assert run(["metrics", "query", "orders", "--grain", "week", "--explain"]) == 0
    told = capsys.readouterr().out
    assert "FROM main.orders" in told
    assert "-- " not in told


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["query", "ordrs"], 1, "no metric named ordrs; expected orders"),
        (["query"], 2, "no metric was named; 'kith metrics list' lists them"),
        (["query", "--saved", "revenue_by_da"], 1, "expected revenue_by_day"),
        (["query", "orders", "--saved", "people"], 2, "a saved query is asked as it is"),
        (["query", "orders", "--where", "country ="], 1, "the snapshot can't answer this"),
        (["query", "orders", "--where", "1 = 1) t; DROP VIEW orders; --"], 1, "kith:"),
        (["query", "orders", "--run", "000009-nowhere"], 1, "no snapshot of run 000009-nowhere"),
        (["list", "nothing_like_it"], 1, "no metric named nothing_like_it"),
    ],
)
def test_command__says_what_is_wrong(
    home_of: Path, capsys: Captured, arguments: list[str], code: int, said: str
) -> None:
    assert run(["metrics", *arguments]) == code
    assert said in capsys.readouterr().err
