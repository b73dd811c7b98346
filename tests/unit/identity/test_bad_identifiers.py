"""What names nobody is counted under its reason, and never shown where it might be an address."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from identity.resolution import resolve
from identity.store import attach_state, present_state
from kith.clock import FixedClock
from kith.lake import Home
from kith.run import begin_run, publish_run
from kith.settings import Settings
from kith.warehouse import Warehouse
from tests.unit.identity.world import START, Seen, land


def _advance(settings: Settings, days: int = 1) -> None:
    run = begin_run(settings, FixedClock(START), START + timedelta(days=days))
    resolve(settings, run)
    publish_run(settings, run)


def _known(settings: Settings, table: str) -> list[dict[str, Any]]:
    home = Home(settings.home)
    with Warehouse(settings) as warehouse:
        attach_state(warehouse, home, present_state(home))
        return warehouse.rows(f"SELECT * FROM known_{table} ORDER BY ALL")


FATES = [
    ("user_id", "null", "blocked_value", "null"),
    ("user_id", " -1 ", "blocked_value", "-1"),
    ("user_id", "Anonymous", "blocked_value", "anonymous"),
    ("user_id", "  ", "empty", None),
    ("user_id", "00000000-0000-0000-0000-000000000000", "blocked_pattern", None),
    ("user_id", "x" * 10_240, "too_long", None),
    ("email", "", "empty", None),
    ("email", "ann at example.com", "malformed", None),
    ("email", 17, "malformed", None),
    ("email", ["ann@example.com"], "wrong_type", None),
    ("email", {"address": "ann@example.com"}, "wrong_type", None),
    ("email", True, "wrong_type", None),
    ("email", "a" * 300 + "@example.com", "too_long", None),
    ("phone", "12", "malformed", None),
    ("phone", ["+4930123456"], "wrong_type", None),
    ("phone", "4.9e12", "malformed", None),
]


@pytest.mark.parametrize(("kind", "value", "reason", "example"), FATES)
def test_resolve__counts_what_names_nobody(
    settings: Settings, home: Home, kind: str, value: Any, reason: str, example: str | None
) -> None:
    bad = (
        [Seen(second, value, f"a{second}") for second in (1, 2)]
        if kind == "user_id"
        else [Seen(second, None, f"a{second}", places={"traits": {kind: value}}) for second in (1, 2)]
    )
    land(home, bad)
    _advance(settings)
    assert _known(settings, "rejected") == [
        {"identifier_type": kind, "reason": reason, "row_count": 2, "example": example}
    ]
    assert {row["identifier_value"] for row in _known(settings, "identifiers")} == {"a1", "a2"}
    assert len({row["profile_id"] for row in _known(settings, "identifiers")}) == 2


def test_resolve__adds_up_over_runs(settings: Settings, home: Home) -> None:
    land(home, [Seen(1, "null", "a1")])
    _advance(settings, 1)
    land(home, [Seen(2, "none", "a1"), Seen(3, "null", "a2"), Seen(4, None, "a2", email="odd")])
    _advance(settings, 2)
    assert _known(settings, "rejected") == [
        {"identifier_type": "email", "reason": "malformed", "row_count": 1, "example": None},
        {"identifier_type": "user_id", "reason": "blocked_value", "row_count": 3, "example": "none"},
    ]


@pytest.mark.parametrize("value", [4930123456, 4930123456.0, "+49 30 123456", "0049 30 123456"])
def test_resolve__takes_a_number_that_a_system_wrote_as_one(
    settings: Settings, home: Home, value: Any
) -> None:
    land(home, [Seen(1, "u1", places={"traits": {"phone": value}})])
    _advance(settings)
    found = {(row["identifier_type"], row["identifier_value"]) for row in _known(settings, "identifiers")}
    assert found == {("user_id", "u1"), ("phone", "+4930123456")}
    assert _known(settings, "rejected") == []


def test_resolve__one_address_in_two_places_stands_for_itself(settings: Settings, home: Home) -> None:
    """The hub alone, though the event names it twice."""
    place = {"email": "ann@example.com"}
    land(home, [Seen(1, places={"traits": place, "properties": place})])
    _advance(settings)
    assert [row["identifier_value"] for row in _known(settings, "identifiers")] == ["ann@example.com"]
