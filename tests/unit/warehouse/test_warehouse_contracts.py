"""What analysts may rely on: types, keys, grain and tested logic of the tables, proved from dbt's manifest."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pytest

from tests.unit.warehouse.lake import _parsed

TYPES = re.compile(r"^(string|bigint|double|boolean|date|timestamp|decimal\(\d+, ?\d+\))$")
#: A choice, a window, or whose fact it is.
LOGIC = re.compile(r"\bcase\b|\bover \(|\bmax_by\b|joined_profile_id|latest_known", re.IGNORECASE)
#: Proved as a whole, over many rows, rather than row by row.
PROVED_ELSEWHERE = {
    "int_bad_input__counted": "tests/unit/warehouse/test_bad_input.py counts each fault",
    "int_consents__observed": "its one case marks displaced events, as int_events__landed's test shows",
    "int_identifiers__tracked": "tests/unit/warehouse/test_warehouse_increment_random.py, against a full build",
    "int_order_events__extracted": "its one case marks displaced events, as int_events__landed's test shows",
    "int_retention__reach": "tests/unit/measurement/test_retention_model.py, against plain Python",
    "stg_kith__identifiers": "the tests of identity compare it with the whole partition",
    "funnels": "tests/unit/measurement/test_funnel_models.py, against plain Python",
}
FUNNEL_STEPS = "int_funnel_"


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    nodes = _parsed("run").nodes.values()
    return {node.name: node for node in nodes if node.resource_type == "model"}


@pytest.fixture(scope="module")
def published(models: dict[str, Any]) -> dict[str, Any]:
    return {name: model for name, model in models.items() if model.config.meta.get("published")}


def test_published__hold_types_that_every_engine_has(published: dict[str, Any]) -> None:
    odd = {
        f"{name}.{column.name}": column.data_type
        for name, model in published.items()
        for column in model.columns.values()
        if not TYPES.match(column.data_type or "")
    }
    assert odd == {}
    assert [name for name, model in published.items() if not model.config.contract.enforced] == []


def test_published__are_tested_for_the_key_that_they_are_sorted_by(published: dict[str, Any]) -> None:
    tested = defaultdict(list)
    for node in _parsed("run").nodes.values():
        owner = getattr(node, "attached_node", None)
        if owner and node.test_metadata.name == "unique_key":
            tested[owner].append(node.test_metadata.kwargs["columns"])
    for name, model in published.items():
        keys = tested[model.unique_id]
        assert keys, name
        assert model.config.meta.get("key", keys[0]) in keys, name
        assert set(keys[0]) <= set(model.columns), name


def test_models__say_their_grain_in_their_first_sentence(models: dict[str, Any]) -> None:
    for name, model in models.items():
        first = re.split(r"[.;:]\s", model.description + " ")[0]
        assert re.match(r"One row( per |, |: )?", first), name
        if model.config.meta.get("published"):
            assert first.startswith("One row per "), name


def test_models__with_logic_have_a_unit_test(models: dict[str, Any]) -> None:
    tested = {test.model for test in _parsed("run").unit_tests.values()}
    bare = {name for name, model in models.items() if LOGIC.search(model.raw_code)} - tested
    assert {name for name in bare if not name.startswith(FUNNEL_STEPS)} <= set(PROVED_ELSEWHERE)


def test_published__are_what_somebody_reads(published: dict[str, Any]) -> None:
    """An exposure names who: the dashboards, activation, models, measurement, people who query."""
    used = {name for exposure in _parsed("run").exposures.values() for name in exposure.depends_on.nodes}
    assert [name for name, model in published.items() if model.unique_id not in used] == []


def test_events__have_a_freshness_by_arrival() -> None:
    events = next(source for source in _parsed("run").sources.values() if source.name == "events")
    assert events.loaded_at_field == "received_at"
    assert events.freshness.warn_after.count
    assert events.freshness.error_after.count > events.freshness.warn_after.count
