"""From events to profiles."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from identity.exceptions import read_splits
from identity.full import identifier_rows, resolve_evidence
from identity.pairs import extract_pairs
from identity.resolution import Resolution, resolve
from identity.rules import IdentityRules, load_rules
from identity.store import attach_state, present_state
from kith.clock import FixedClock
from kith.events import EVENT_SCHEMA
from kith.ids import stable_id
from kith.lake import Home, commits
from kith.run import begin_run, publish_run
from kith.settings import Settings, load_settings
from kith.warehouse import Warehouse
from tests.unit.identity.world import START, Seen, _row, check, land, oracle

LATER = START + timedelta(days=1)


def _resolve(settings: Settings, after: timedelta = timedelta(days=1)) -> Resolution:
    run = begin_run(settings, FixedClock(START), START + after)
    found = resolve(settings, run)
    publish_run(settings, run)
    return found


def _table(home: Home, name: str) -> list[dict]:
    """The rows of a table of the present state."""
    with Warehouse(load_settings()) as warehouse:
        attach_state(warehouse, home, present_state(home))
        return warehouse.rows(f"SELECT * FROM known_{name} ORDER BY ALL")


def _profiles(home: Home) -> dict[tuple[str, str], str]:
    rows = _table(home, "identifiers")
    return {(row["identifier_type"], row["identifier_value"]): row["profile_id"] for row in rows}


def test_resolve__joins_what_one_event_names(settings: Settings, home: Home) -> None:
    land(home, [Seen(5, "u1", "a1"), Seen(9, "u1", "a2", email=" Ann@Example.com "), Seen(3, None, "a1")])
    found = _resolve(settings)
    profiles = _profiles(home)
    assert set(profiles) == {
        ("user_id", "u1"),
        ("anonymous_id", "a1"),
        ("anonymous_id", "a2"),
        ("email", "ann@example.com"),
    }
    assert set(profiles.values()) == {stable_id("anonymous_id", "a1")}
    assert (found.identifier_count, found.profile_count, found.conflict_count) == (4, 1, 0)


def test_resolve__ties_go_to_the_more_believed_type_then_to_the_lesser_value(
    settings: Settings, home: Home
) -> None:
    land(home, [Seen(5, "u1", "a1"), Seen(5, None, "b2"), Seen(5, None, "b1", email="x@example.com")])
    _resolve(settings)
    profiles = _profiles(home)
    assert profiles["anonymous_id", "a1"] == stable_id("user_id", "u1")
    assert profiles["anonymous_id", "b1"] == stable_id("email", "x@example.com")
    assert profiles["anonymous_id", "b2"] == stable_id("anonymous_id", "b2")


def test_resolve__a_shared_device_never_merges_its_users(settings: Settings, home: Home) -> None:
    land(home, [Seen(1, "u1", "device"), Seen(2, "u2", "device"), Seen(3, "u2", "device")])
    _resolve(settings)
    profiles = _profiles(home)
    assert profiles["user_id", "u1"] == profiles["anonymous_id", "device"] != profiles["user_id", "u2"]
    [conflict] = _table(home, "conflicts")
    assert (conflict["left_type"], conflict["left_value"]) == ("user_id", "u2")
    assert (conflict["right_type"], conflict["right_value"]) == ("anonymous_id", "device")
    assert (conflict["reason"], conflict["rule"]) == ("user_id limit 1", "types.user_id.limit")
    assert conflict["edge_count"] == 2


@pytest.mark.parametrize("people", [10, 11, 10_000])
def test_resolve__a_device_of_many_people_is_nobody_s(settings: Settings, home: Home, people: int) -> None:
    """Up to ten times the limit the first one keeps it; beyond, nobody does."""
    land(home, [Seen(second, f"u{second:05d}", "kiosk") for second in range(people)])
    began = time.perf_counter()
    found = _resolve(settings)
    assert time.perf_counter() - began < 20
    is_shared = people > 10
    assert (found.profile_count, found.conflict_count) == (people + is_shared, people - 1 + is_shared)
    reasons = {row["reason"] for row in _table(home, "conflicts")}
    assert reasons == ({"shared by more than 10 user_id"} if is_shared else {"user_id limit 1"})


@pytest.mark.parametrize("kind", ["anonymous_id", "user_id"])
def test_resolve__an_address_of_ten_thousand_people_is_nobody_s(
    settings: Settings, home: Home, kind: str
) -> None:
    """Nobody is merged by way of a front desk's address, whatever else names them."""
    land(
        home,
        [
            replace(Seen(second, email="desk@example.com"), **{kind: f"x{second:05d}"})
            for second in range(10_000)
        ],
    )
    found = _resolve(settings)
    assert (found.profile_count, found.conflict_count) == (10_001, 10_000)


def test_resolve__a_device_of_ten_thousand_addresses_joins_none_of_them(
    settings: Settings, home: Home
) -> None:
    land(home, [Seen(second, None, "kiosk", email=f"p{second}@example.com") for second in range(10_000)])
    found = _resolve(settings)
    assert (found.profile_count, found.conflict_count) == (10_001, 10_000)


def test_resolve__a_user_id_is_one_person_however_many_devices(settings: Settings, home: Home) -> None:
    """The most believed type is exempt: the first devices stay, the rest is set aside by the limit."""
    land(home, [Seen(second, "u1", f"a{second:04d}") for second in range(1000)])
    found = _resolve(settings)
    assert (found.profile_count, found.conflict_count) == (951, 950)


@pytest.mark.parametrize(
    "value",
    ["", "  ", "null", "NONE", "undefined", "anonymous", "-1", "0", "0000-0000", "nan", "N/A", "x" * 300],
)
def test_resolve__blocked_values_name_nobody(settings: Settings, home: Home, value: str) -> None:
    land(home, [Seen(1, value, "a1"), Seen(2, value, "a2"), Seen(3, "u3", value), Seen(4, "u4", value)])
    found = _resolve(settings)
    assert found.profile_count == 4
    assert found.conflict_count == 0


def test_resolve__reads_every_place_the_rules_name(settings: Settings, home: Home) -> None:
    land(
        home,
        [
            Seen(1, "u1", places={"properties": {"email": "p@example.com", "phone": "+49 30 123456"}}),
            Seen(
                2, "u1", places={"context": {"traits": {"email": "C@example.com", "phone": "0049-30-654321"}}}
            ),
            Seen(3, "u1", places={"properties": {"email": "no address", "phone": "12"}}),
        ],
    )
    _resolve(settings)
    assert set(_profiles(home)) == {
        ("user_id", "u1"), ("email", "p@example.com"), ("email", "c@example.com"),
        ("phone", "+4930123456"), ("phone", "+4930654321"),
    }  # fmt: skip


def test_resolve__an_alias_joins_what_it_leaves_behind(settings: Settings, home: Home) -> None:
    land(home, [Seen(1, None, "before"), Seen(2, "after", previous_id="before")])
    _resolve(settings)
    assert len(set(_profiles(home).values())) == 1


def test_resolve__an_alias_between_two_users_is_set_aside(settings: Settings, home: Home) -> None:
    land(home, [Seen(1, "old"), Seen(2, "new", previous_id="old")])
    _resolve(settings)
    assert len(set(_profiles(home).values())) == 2
    assert [row["reason"] for row in _table(home, "conflicts")] == ["user_id limit 1"]


def test_resolve__sees_only_what_counts_before_as_of(settings: Settings, home: Home) -> None:
    land(home, [Seen(59, "u1"), Seen(60, "u2"), Seen(61, "u3")])
    _resolve(settings, timedelta(seconds=60))
    assert set(_profiles(home)) == {("user_id", "u1")}


def test_resolve__commits_only_where_rows_were_counted(settings: Settings, home: Home) -> None:
    land(home, [Seen(1, "u1", "a1")])
    first, second = _resolve(settings), _resolve(settings)
    assert (first.is_changed, second.is_changed) == (True, False)
    assert first.commit == second.commit
    assert (first.row_count, second.row_count) == (1, 0)
    land(home, [Seen(2, "u1", "a1")])
    third = _resolve(settings)
    assert (third.is_changed, third.is_full, third.row_count) == (False, False, 1)
    land(home, [Seen(3, "u1", "a2")])
    fourth = _resolve(settings)
    assert (fourth.is_changed, fourth.changed_count, fourth.identifier_count) == (True, 1, 3)
    assert len(commits(home, "identity")) == 3


def test_resolve__a_split_gives_each_id_back_to_its_own_identifier(settings: Settings, home: Home) -> None:
    """A stronger pair that lands later takes the shared device away; the id of old follows its identifier."""
    land(home, [Seen(1, None, "device"), Seen(50, "u2", "device"), Seen(60, "u1")])
    _resolve(settings)
    land(home, [Seen(2, "u1", "device")])
    _resolve(settings, timedelta(days=2))
    profiles = _profiles(home)
    assert (
        profiles["user_id", "u1"] == profiles["anonymous_id", "device"] == stable_id("anonymous_id", "device")
    )
    assert profiles["user_id", "u2"] == stable_id("user_id", "u2")


def test_resolve__a_replay_leaves_the_lake_alone(settings: Settings, home: Home) -> None:
    land(home, [Seen(10, "u1"), Seen(20, "u2")])
    _resolve(settings)
    run = begin_run(settings, FixedClock(START), START + timedelta(seconds=15))
    assert run.is_replay
    assert resolve(settings, run).identifier_count == 1
    assert len(commits(home, "identity")) == 1
    assert len(commits(Home(run.path.parent), "identity")) == 1


@pytest.fixture(scope="module")
def rules() -> IdentityRules:
    found = load_rules(load_settings()).body
    tight = {"user_id": 1, "email": 2, "phone": 2, "anonymous_id": 3}
    types = {name: each.model_copy(update={"limit": tight[name]}) for name, each in found.types.items()}
    return found.model_copy(update={"types": types})


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    with Warehouse(load_settings()) as opened:
        yield opened


def _state(warehouse: Warehouse, rules: IdentityRules, events: list[Seen]) -> tuple[list[dict], list[dict]]:
    rows = [_row(number, event) for number, event in enumerate(events)]
    warehouse.connection.register("events", pa.Table.from_pylist(rows, schema=EVENT_SCHEMA))
    extract_pairs(warehouse, rules, "events")
    full = resolve_evidence(warehouse, rules, read_splits(warehouse, "events"))
    identifiers = [row for part in identifier_rows(warehouse, rules, full) for row in part.to_pylist()]
    return identifiers, full.conflicts.to_pylist()


_EVENTS = st.builds(
    Seen,
    second=st.integers(0, 6),
    user_id=st.sampled_from([None, "u1", "u2", "u3"]),
    anonymous_id=st.sampled_from([None, "a1", "a2", "a3", "a4", "a5"]),
    email=st.sampled_from([None, None, "e1@x.io", "e2@x.io", "e3@x.io"]),
    phone=st.sampled_from([None, None, "+4912345678", "+4987654321"]),
    previous_id=st.sampled_from([None, None, None, "u1", "u9", "a1"]),
)


@given(st.lists(_EVENTS, max_size=14), st.randoms(use_true_random=False))
@budget(max_examples=150, deadline=None)
def test_resolve__equals_the_oracle_in_any_order_of_arrival(
    warehouse: Warehouse, rules: IdentityRules, events: list[Seen], shuffle
) -> None:
    expected = oracle(events, rules.limits, rules.shared)
    arrived = list(events)
    shuffle.shuffle(arrived)
    rows, conflicts = _state(warehouse, rules, arrived)
    check(rows, conflicts, expected)


def test_load_rules__names_file_line_and_field(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    shutil.copytree(settings.definitions / "identity", folder / "identity")
    file = folder / "identity" / "rules.yml"
    file.write_text(file.read_text().replace("    limit: 1\n", "    limit: lots\n", 1))
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if "lots" in text)
    with pytest.raises(Exception, match=rf"rules.yml:{line}: types.user_id.limit"):
        load_rules(settings.model_copy(update={"definitions": folder}))
