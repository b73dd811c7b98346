"""Taking two identifiers apart by hand, through the whole way of an event."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from identity.explain import explain
from identity.resolution import Resolution, resolve
from identity.splitting import decide
from identity.store import attach_state, present_state
from ingestion.compaction import compact
from kith.cli.main import run as kith
from kith.clock import FixedClock, VirtualClock
from kith.errors import KithError
from kith.lake import Home
from kith.run import begin_run, publish_run
from kith.settings import Settings
from kith.warehouse import Warehouse
from tests.unit.identity.world import START, Seen, land

EVENTS = [
    Seen(1, None, "a1", email="ann@example.com"),
    Seen(2, "u1", None, email="ann@example.com"),
    Seen(3, "u1", "a2"),
]


@pytest.fixture
def virtual(settings: Settings, home: Home, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home by a clock that stands at START plus a minute, with three events resolved."""
    monkeypatch.setenv("KITH_CLOCK", "virtual")
    settings = settings.model_copy(update={"clock": "virtual"})
    VirtualClock(settings.clock_file).set(START + timedelta(minutes=1))
    land(home, EVENTS)
    _advance(settings, 60)
    return settings


def _advance(settings: Settings, second: int) -> Resolution:
    run = begin_run(settings, FixedClock(START), START + timedelta(seconds=second))
    compact(settings, run)
    found = resolve(settings, run)
    publish_run(settings, run)
    return found


def _known(settings: Settings, table: str) -> list[dict]:
    home = Home(settings.home)
    with Warehouse(settings) as warehouse:
        attach_state(warehouse, home, present_state(home))
        return warehouse.rows(f"SELECT * FROM known_{table}")


def _profile(settings: Settings, kind: str, value: str) -> str:
    [row] = [
        each
        for each in _known(settings, "identifiers")
        if (each["identifier_type"], each["identifier_value"]) == (kind, value)
    ]
    return row["profile_id"]


def test_decide__takes_effect_with_the_next_run_and_is_undone_by_another(virtual: Settings) -> None:
    before = _known(virtual, "identifiers")
    assert decide(virtual, "u1", "a1", is_apart=True, reason="two sisters").is_one_profile
    found = _advance(virtual, 120)
    assert (found.is_full, found.is_changed, found.profile_count, found.identifier_count) == (
        False,
        True,
        2,
        4,
    )
    assert _profile(virtual, "user_id", "u1") != _profile(virtual, "anonymous_id", "a1")
    [aside] = _known(virtual, "conflicts")
    assert (aside["reason"], aside["rule"]) == ("kept apart by hand", "split")
    VirtualClock(virtual.clock_file).set(START + timedelta(minutes=3))
    assert not decide(virtual, "u1", "a1", is_apart=False).is_one_profile
    found = _advance(virtual, 240)
    assert (found.profile_count, found.conflict_count) == (1, 0)
    order = ("identifier_type", "identifier_value")
    after = _known(virtual, "identifiers")
    assert sorted(after, key=lambda row: [row[name] for name in order]) == sorted(
        before, key=lambda row: [row[name] for name in order]
    )


def test_decide__is_no_identifier_and_names_nobody_in_the_events_own_columns(virtual: Settings) -> None:
    decide(virtual, "email:ann@example.com", "a2", is_apart=True)
    _advance(virtual, 120)
    values = {row["identifier_value"] for row in _known(virtual, "identifiers")}
    assert values == {"a1", "a2", "u1", "ann@example.com"}
    assert _known(virtual, "rejected") == []
    with Warehouse(virtual) as warehouse:
        warehouse.attach_lake("events")
        [event] = warehouse.rows("SELECT * FROM lake_events_events WHERE source = 'identity'")
    assert event["event"] == "Identity Split"
    assert event["anonymous_id"].startswith("identity:")


def test_decide__only_the_source_identity_can(settings: Settings, home: Home) -> None:
    """Whoever holds a collector's key can't take people apart."""
    properties = {
        "left_type": "anonymous_id",
        "left_value": "a1",
        "right_type": "user_id",
        "right_value": "u1",
    }
    land(home, [*EVENTS, Seen(4, "u1", places={"properties": properties})])
    from tests.unit.identity import world

    row = {**world._row(9, Seen(5, "u1")), "type": "track", "event": "Identity Split",
           "properties": json.dumps(properties)}  # fmt: skip
    world.land_rows(home, [row])
    assert _advance(settings, 60).profile_count == 1
    assert _known(settings, "splits") == []


def test_explain__shows_what_was_decided(virtual: Settings) -> None:
    decide(virtual, "u1", "a1", is_apart=True, reason="two sisters")
    _advance(virtual, 120)
    found = explain(virtual, "u1", "a1")
    assert not found.is_one_profile
    [decision] = found.decisions
    assert (decision.left, decision.right, decision.is_apart) == ("anonymous_id:a1", "user_id:u1", True)
    assert decision.reason == "two sisters"
    assert [each.reason for each in found.set_aside] == ["kept apart by hand"]


def test_split_command__lands_one_event_and_says_so(virtual: Settings, capsys: pytest.CaptureFixture) -> None:
    assert kith(["identity", "split", "u1", "a1", "--reason", "two sisters", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["decision"], told["now"]) == ("are kept apart", "one profile")
    assert _advance(virtual, 120).profile_count == 2
    assert kith(["identity", "split", "u1", "a1", "--undo"]) == 0
    assert "may join again" in capsys.readouterr().out
    assert kith(["identity", "split", "u1", "nobody"]) == 1


def test_decide__refuses_one_identifier_with_itself(virtual: Settings) -> None:
    with pytest.raises(KithError, match="one identifier"):
        decide(virtual, "u1", "user_id:u1", is_apart=True)
