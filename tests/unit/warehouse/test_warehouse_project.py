"""The project keeps its own rules."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kith.lake import lake_tables
from tests.unit.warehouse import sql_stubs
from tests.unit.warehouse.lake import PROJECT, _parsed

SQL = sorted((PROJECT / "models").rglob("*.sql"))


@pytest.fixture(scope="module")
def models() -> list[Any]:
    return [node for node in _parsed("run").nodes.values() if node.resource_type == "model"]


def test_project__holds_no_python() -> None:
    assert not list(PROJECT.rglob("*.py"))


def test_models__say_their_grain_first(models: list[Any]) -> None:
    unclear = [model.name for model in models if not model.description.startswith("One row")]
    assert unclear == []
    assert [path.name for path in SQL if not path.read_text().startswith("-- One row")] == []


def test_models__stay_within_a_hundred_lines_or_say_why() -> None:
    long = {path.stem for path in SQL if len(path.read_text().splitlines()) > 100}
    both_ways = {
        "int_events__landed",
        "int_orders__folded",
        "int_people__counted",
        "int_sessions__stitched",
    }  # in full and by increment
    by_step = {"int_funnel_attempts__ordered", "int_funnel_attempts__unordered"}  # a column a step
    assert long - both_ways - by_step <= {
        "feat_profile__activity",
        "metrics_daily",
        "quality_checks",
    }  # lists of columns, metrics


def test_published__have_a_contract_and_a_tested_key(models: list[Any]) -> None:
    nodes = _parsed("run").nodes.values()
    keyed = {
        node.attached_node
        for node in nodes
        if node.resource_type == "test" and node.name.startswith("unique_key")
    }
    for model in models:
        if model.config.meta.get("published"):
            assert model.config.contract.enforced, model.name
            assert model.unique_id in keyed, model.name
            assert model.config.meta["published"] in model.tags, model.name


def test_core__reads_nothing_that_comes_after_it(models: list[Any]) -> None:
    tags = {model.unique_id: set(model.tags) for model in models}
    for model in models:
        parents = [tags[name] for name in model.depends_on.nodes if name in tags]
        assert "report" in model.tags or all("core" in each for each in parents), model.name


def test_events__hold_nothing_relative_to_now() -> None:
    clock = re.compile(
        r"\b(now\(|current_date|current_timestamp|today\(|getdate|sysdate|random\(|uuid\()", re.IGNORECASE
    )
    found = [
        path.name
        for path in PROJECT.rglob("*.sql")
        if "target" not in path.parts and clock.search(path.read_text())
    ]
    assert found == []


def test_sources__name_tables_that_a_room_declares() -> None:
    declared = {f"lake/{table.room}/*/{table.name}.parquet" for table in lake_tables()} | {
        "lake/events/*/*/*.parquet"
    }
    paths = {source.meta["path"] for source in _parsed("run").sources.values()}
    assert paths <= declared


def test_sql_stubs__name_macros_that_exist_and_are_used() -> None:
    text = "\n".join(path.read_text() for path in (PROJECT / "macros").rglob("*.sql"))
    macros = set(re.findall(r"{%-? macro (\w+)\(", text))
    stubs = {name for name in vars(sql_stubs) if not name.startswith("_")} - {
        "annotations",
        "Sequence",
        "Any",
    }
    assert stubs <= macros
    used = {
        name
        for path in SQL
        for name in re.findall(
            r"\b(\w+)\(", " ".join(re.findall(r"{[{%].*?[}%]}", path.read_text(), re.DOTALL))
        )
    }
    assert (used & macros) - stubs == set()
