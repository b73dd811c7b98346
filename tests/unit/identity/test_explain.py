"""Paths of evidence, and the commands that show them."""

from __future__ import annotations

import json

import pytest

from identity.explain import explain
from identity.resolution import resolve
from kith.cli.main import run as kith
from kith.clock import FixedClock
from kith.errors import KithError
from kith.lake import Home
from kith.run import begin_run
from kith.settings import Settings
from tests.unit.identity.world import START, Seen, land

EVENTS = [
    Seen(1, None, "a1", email="ann@example.com"),
    Seen(2, "u1", None, email="ann@example.com"),
    Seen(3, "u1", "a2"),
    Seen(4, "u2", "a2"),
    Seen(5, "u9"),
]


@pytest.fixture
def resolved(settings: Settings, home: Home) -> Settings:
    land(home, EVENTS)
    resolve(settings, begin_run(settings, FixedClock(START), START.replace(year=2027)))
    return settings


def test_explain__follows_the_evidence(resolved: Settings) -> None:
    found = explain(resolved, "anonymous_id:a1", "a2")
    assert found.is_one_profile
    assert [(step.left, step.right) for step in found.path] == [
        ("anonymous_id:a1", "email:ann@example.com"),
        ("email:ann@example.com", "user_id:u1"),
        ("user_id:u1", "anonymous_id:a2"),
    ]
    assert found.path[0].first_received_at == START.replace(second=1)
    assert found.path[0].event_id.startswith("0-")
    assert found.path[0].source == "test"


def test_explain__shows_what_was_set_aside_between_two(resolved: Settings) -> None:
    found = explain(resolved, "user_id:u2", "ANN@example.com ")
    assert not found.is_one_profile
    assert found.path == ()
    [pair] = found.set_aside
    assert (pair.left, pair.right, pair.reason) == ("user_id:u2", "anonymous_id:a2", "user_id limit 1")


def test_explain__one_identifier_needs_no_path(resolved: Settings) -> None:
    found = explain(resolved, "u9", "user_id:u9")
    assert found.is_one_profile
    assert found.path == found.set_aside == ()


@pytest.mark.parametrize("text", ["nobody", "user_id:a1", "null", "email:u1", ":"])
def test_explain__an_unknown_identifier_is_an_error(resolved: Settings, text: str) -> None:
    with pytest.raises(KithError, match=f"no identifier '{text}' is known"):
        explain(resolved, text, "u1")


def test_identity_commands__print_json(resolved: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert kith(["identity", "explain", "u1", "a1", "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["path"]) == 2
    assert kith(["identity", "stats", "--format", "json"]) == 0
    rows = {row["identifier_type"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["user_id"]["identifier_count"], rows["user_id"]["set_aside_count"]) == (3, 1)
    assert rows["phone"]["identifier_count"] == 0


def test_identity_commands__print_tables(resolved: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert kith(["identity", "explain", "u2", "u1"]) == 0
    assert "are two profiles" in capsys.readouterr().out
    assert kith(["identity", "explain", "u2", "zz"]) == 1
