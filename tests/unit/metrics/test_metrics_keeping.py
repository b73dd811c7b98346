"""What publication keeps: the definitions, their catalogue, the SQL of saved queries."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from kith.errors import KithError
from kith.metrics import keep_metrics, read_catalogue
from kith.metrics import keeping as keeping_module
from kith.metrics.definitions import portable, version
from kith.metrics.reading import answer, open_catalogue
from kith.settings import Settings
from tests.unit.metrics.conftest import Published, publish


def with_query(definitions: bytes, **params: object) -> bytes:
    """The project's definitions with one more saved query."""
    told = orjson.loads(definitions)
    query = {**told["saved_queries"][0], "name": "extra"}
    query["query_params"] = {
        "metrics": [],
        "group_by": [],
        "order_by": [],
        "limit": None,
        "where": None,
        **params,
    }
    told["saved_queries"].append(query)
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def test_saved_queries__are_all_compiled_and_answered(published: Published) -> None:
    for query in published.catalogue.saved:
        assert not query.problem
        rows = answer(published.settings, published.run.snapshot, query.sql)
        assert tuple(rows[0]) == query.columns, query.name


def test_saved_queries__are_answered_without_metricflow(published: Published) -> None:
    program = """
import sys
from kith.cli.main import run
code = run(["metrics", "query", "--saved", "revenue_by_day", "--format", "csv"])
assert not [name for name in sys.modules if name.startswith("metricflow")], "MetricFlow was imported"
sys.exit(code)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"KITH_HOME": str(published.settings.home), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("day,currency,net_revenue\n")


def test_keeping__reads_back_what_it_wrote(published: Published) -> None:
    assert read_catalogue(published.run.snapshot) == published.catalogue


def test_keeping__compiles_equal_definitions_once(
    settings: Settings, definitions: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(settings, definitions)
    monkeypatch.setattr(keeping_module, "compile_catalogue", _never)
    assert publish(settings, definitions).catalogue == first.catalogue


def test_keeping__compiles_anew_what_changed(settings: Settings, definitions: bytes) -> None:
    first = publish(settings, definitions)
    second = publish(settings, with_query(definitions, metrics=["orders"]))
    assert second.catalogue.version != first.catalogue.version
    assert second.catalogue.saved_query("extra").columns == ("orders",)
    assert "extra" not in {query.name for query in read_catalogue(first.run.snapshot).saved}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"metrics": ["revenue"]}, r"revenue is money .* add Dimension\('order__currency'\)"),
        (
            {"metrics": ["orders"], "group_by": ["Dimension('session__channel')"]},
            "MetricFlow can't compile this",
        ),
        ({"metrics": ["orders"], "group_by": ["channel"]}, "group_by 'channel' is not understood"),
    ],
)
def test_keeping__publishes_although_a_saved_query_is_wrong(
    settings: Settings, definitions: bytes, params: dict[str, object], problem: str
) -> None:
    catalogue = publish(settings, with_query(definitions, **params)).catalogue
    assert catalogue.saved_query("orders_by_day").sql
    with pytest.raises(KithError, match=problem):
        catalogue.saved_query("extra")


def test_keeping__publishes_although_dbt_parsed_nothing(
    settings: Settings, published: Published, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Settings, "project", tmp_path)
    assert keep_metrics(settings, published.run) is None


def test_reading__an_older_snapshot_says_that_it_kept_none(settings: Settings, definitions: bytes) -> None:
    older = publish(settings, definitions)
    (older.run.path / "metrics.json").unlink()
    with pytest.raises(KithError, match="kept no metrics; run 'kith run'"):
        open_catalogue(older.run.snapshot)
    assert open_catalogue(older.run.snapshot, definitions).metric("orders")


def test_version__does_not_depend_on_the_place_or_the_database(definitions: bytes) -> None:
    told = orjson.loads(definitions)
    for model in told["semantic_models"]:
        model["node_relation"].update(
            database="elsewhere", relation_name=f'"elsewhere"."x"."{model["node_relation"]["alias"]}"'
        )
    for metric in told["metrics"]:
        metric["metadata"] = {"repo_file_path": "/elsewhere/orders.yml"}
    moved = orjson.dumps(told)
    assert version(portable(moved)) == version(definitions)
    assert version(portable(moved.replace(b"net_amount", b"order_amount"))) != version(definitions)


def _never(_definitions: bytes) -> None:
    raise AssertionError("compiled again")
