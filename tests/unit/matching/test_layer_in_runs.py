"""The optional layer in a run of identity: merges by likeness take effect, and leave no trace when taken back."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from identity.diff import diff_rules
from identity.explain import explain
from identity.matching import proposals
from identity.matching.mapping import Mapping
from identity.matching.matcher import Matching, match_table
from identity.matching.model import Progress
from identity.proposals import list_proposals
from identity.resolution import resolve
from identity.store import attach_state, present_state
from kith.clock import FixedClock
from kith.errors import KithError
from kith.lake import Home, commit
from kith.run import begin_run
from kith.settings import Settings
from kith.warehouse import Warehouse
from tests.unit.matching.newsletter import layered, shop, switch

pytestmark = pytest.mark.whole

STATE = ("identifiers", "conflicts", "splits", "rejected")


def land(settings: Settings, events: pa.Table) -> None:
    with commit(Home(settings.home), "events") as writer:
        folder = writer.path / "received_on=2026-01-01"
        folder.mkdir()
        pq.write_table(events, folder / "part.parquet")


def state(settings: Settings, clock: FixedClock) -> dict[str, list[tuple[object, ...]]]:
    """Run identity, and all rows of its state in one order."""
    resolve(settings, begin_run(settings, clock))
    home = Home(settings.home)
    with Warehouse(settings) as warehouse:
        attach_state(warehouse, home, present_state(home))
        return {
            name: warehouse.connection.execute(f"SELECT * FROM known_{name} ORDER BY ALL").fetchall()
            for name in STATE
        }


def profiles(found: dict[str, list[tuple[object, ...]]]) -> int:
    return len({row[2] for row in found["identifiers"]})


_MATCHED: dict[str, Matching] = {}


@pytest.fixture(autouse=True)
def _matched_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal people are matched once for all tests here: the matcher is a function of them."""

    def remembered(rows: pa.Table, mapping: Mapping, threshold: float, progress: Progress) -> Matching:
        told = f"{rows.to_pylist()} {mapping} {threshold}"
        if told not in _MATCHED:
            _MATCHED[told] = match_table(rows, mapping, threshold, progress)
        return _MATCHED[told]

    monkeypatch.setattr(proposals, "match_table", remembered)


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> Settings:
    house = layered(settings, tmp_path / "definitions")
    switch(house, "false")
    return house


def test_layer__turned_off_again_restores_equal_tables(house: Settings, clock: FixedClock) -> None:
    land(house, shop())
    before = state(house, clock)
    switch(house, "true")
    merged = state(house, clock)
    switch(house, "false")
    assert profiles(merged) < profiles(before) - 30
    assert state(house, clock) == before


def test_layer__a_threshold_out_of_reach_restores_equal_tables(house: Settings, clock: FixedClock) -> None:
    land(house, shop())
    before = state(house, clock)
    switch(house, "true")
    assert state(house, clock) != before
    switch(house, "true", 0.99999999)
    assert state(house, clock) == before


def test_layer__two_customers_with_accounts_stay_two_however_alike(
    house: Settings, clock: FixedClock
) -> None:
    """Everybody once more, under a second account and another address: the limit of user ids holds."""
    rows = shop(60).to_pylist()
    for number, row in enumerate(rows):
        row["user_id"] = f"account-{number}"
    land(house, pa.Table.from_pylist(rows, schema=shop(1).schema))
    switch(house, "true")
    users = [row for row in state(house, clock)["identifiers"] if row[0] == "user_id"]
    assert len({row[2] for row in users}) == len(users) == len(rows)


def test_layer__later_runs_equal_one_run_over_all(house: Settings, clock: FixedClock) -> None:
    """On for a while and off again: what lands afterwards is counted as if it had never been on."""
    events = shop()
    land(house, events.slice(0, 100))
    switch(house, "true")
    state(house, clock)
    switch(house, "false")
    state(house, clock)
    land(house, events.slice(100))
    later = state(house, clock)
    (house.home / "lake" / "identity").rename(house.home / "set-aside")
    at_once = state(house, clock)
    assert later == at_once


def test_listing__says_what_became_of_each_proposal(house: Settings, clock: FixedClock) -> None:
    with pytest.raises(KithError, match="no merge was ever proposed"):
        list_proposals(house)
    rows = shop().to_pylist()
    rows += [{**row, "event_id": f"twin-{n}", "user_id": f"twin-{n}"} for n, row in enumerate(rows[:5])]
    land(house, pa.Table.from_pylist(rows, schema=shop(1).schema))
    switch(house, "true", 0.99)
    state(house, clock)
    found = list_proposals(house)
    by_state = {
        name: [row for row in found if row["state"] == name] for name in ("joined", "refused", "listed")
    }
    assert all(by_state.values()), "some of each"
    assert all(row["score"] < 0.99 for row in by_state["listed"])
    assert all(row["score"] >= 0.99 for row in by_state["refused"])
    assert [row["score"] for row in found] == sorted((row["score"] for row in found), reverse=True)
    switch(house, "false")
    state(house, clock)
    assert {row["state"] for row in list_proposals(house)} == {"listed"}


def test_diff__tells_what_the_layer_would_do_before_it_does(
    house: Settings, clock: FixedClock, tmp_path: Path
) -> None:
    land(house, shop())
    before = state(house, clock)
    switch(house, "true")
    tried = tmp_path / "tried.yml"
    tried.write_text((house.definitions / "identity" / "matching.yml").read_text())
    switch(house, "false")
    told = diff_rules(house, tried).changes
    assert diff_rules(house, house.definitions / "identity" / "matching.yml").changes.is_empty
    switch(house, "true")
    assert told.merged_profiles - told.merge_count == profiles(before) - profiles(state(house, clock)) > 0
    assert diff_rules(house, house.definitions / "identity" / "rules.yml").changes.is_empty


def test_explain__names_the_likeness_that_joined_two(house: Settings, clock: FixedClock) -> None:
    land(house, shop())
    switch(house, "true")
    state(house, clock)
    strongest = next(row for row in list_proposals(house) if row["state"] == "joined")
    found = explain(house, str(strongest["left_identifier"]), str(strongest["right_identifier"]))
    assert found.is_one_profile
    assert [each.reason for each in found.path if each.reason] == [
        f"likeness {strongest['score']:.4f}: {strongest['reason']}"
    ]
    assert all(each.event_count == 0 for each in found.path if each.reason)
