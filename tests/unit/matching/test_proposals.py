"""Proposals: who looks like whom, by the traits of events alone; landed when they changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from identity.matching.layer import MatchingRules, load_layer
from identity.matching.proposals import accepted_edges, choose, propose
from identity.rules import load_rules
from kith.clock import FixedClock
from kith.errors import KithError
from kith.events import EVENT_SCHEMA
from kith.lake import Home, commits
from kith.run import begin_run
from kith.settings import Settings
from kith.warehouse import Warehouse
from tests.unit.matching.newsletter import layered, shop, switch
from tests.unit.matching.people import people


@pytest.fixture
def warehouse(settings: Settings) -> Iterator[Warehouse]:
    with Warehouse(settings) as opened:
        opened.connection.register("events", shop())
        yield opened


@pytest.fixture(name="layered")
def _layered(settings: Settings, tmp_path: Path) -> Settings:
    return layered(settings, tmp_path / "definitions")


def test_proposals__those_who_look_alike_are_proposed_with_score_and_reason(
    warehouse: Warehouse, layered: Settings
) -> None:
    layer = load_layer(layered)
    assert layer is not None
    rows = propose(warehouse, load_rules(layered).body, layer.body, "events")
    truth = {f"news{number}@example.net": row["key"] for number, row in enumerate(people(90)) if number >= 90}
    found = {
        row["right_value"]: row["left_value"] for row in rows.to_pylist() if row["left_type"] == "user_id"
    }
    right = sum(truth.get(right) == left for right, left in found.items())
    assert right >= 0.9 * len(truth)
    assert right >= 0.95 * len(found)
    assert all(0.5 <= row["score"] <= 1 for row in rows.to_pylist())
    assert any("birthday exact" in row["reason"] for row in rows.to_pylist())


def test_proposals__land_once_and_only_when_they_changed(
    warehouse: Warehouse, layered: Settings, clock: FixedClock
) -> None:
    rules, run = load_rules(layered).body, begin_run(layered, clock)
    first = accepted_edges(layered, run, warehouse, rules, "events")
    again = accepted_edges(layered, run, warehouse, rules, "events")
    assert first.edges.num_rows > 0
    assert first == again
    (only,) = [each for each in commits(Home(layered.home), "matching") if each.name != "0000000000"]
    landed = pq.read_table(only.table("proposals"))
    assert set(landed["as_of"].to_pylist()) == {run.as_of.astimezone(UTC).replace(tzinfo=None)}


def test_proposals__a_higher_threshold_accepts_fewer_of_the_same(
    warehouse: Warehouse, layered: Settings
) -> None:
    layer = load_layer(layered)
    assert layer is not None
    rows = propose(warehouse, load_rules(layered).body, layer.body, "events")
    some, fewer = choose(warehouse, rows, 0.5), choose(warehouse, rows, 0.9999)
    assert 0 < fewer.edges.num_rows < some.edges.num_rows == rows.num_rows
    assert fewer.version != some.version
    assert choose(warehouse, rows, 0.99999999).version == ""


def test_proposals__nothing_happens_while_the_layer_is_off(
    warehouse: Warehouse, layered: Settings, clock: FixedClock
) -> None:
    switch(layered, "false")
    found = accepted_edges(layered, begin_run(layered, clock), warehouse, load_rules(layered).body, "events")
    assert (found.edges.num_rows, found.version) == (0, "")
    assert [each.name for each in commits(Home(layered.home), "matching") if each.name != "0000000000"] == []


def test_proposals__the_house_has_the_layer_off(settings: Settings) -> None:
    layer = load_layer(settings)
    assert layer is not None
    assert not layer.body.enabled


def test_proposals__nobody_is_proposed_where_there_is_nobody(settings: Settings, layered: Settings) -> None:
    layer = load_layer(layered)
    assert layer is not None
    with Warehouse(settings) as empty:
        empty.connection.register("events", EVENT_SCHEMA.empty_table())
        assert propose(empty, load_rules(layered).body, layer.body, "events").num_rows == 0


def test_layer__lists_no_less_than_what_takes_effect(layered: Settings) -> None:
    switch(layered, "true", 0.3)
    with pytest.raises(KithError, match="listed_from is above threshold"):
        load_layer(layered)


def test_layer__needs_two_traits() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        MatchingRules.model_validate({"traits": {"email": "email"}})
