"""Scenario files: people, events and a clock in, decisions out; a file a situation, a folder a campaign."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from activation.contract import Decision
from kith.definitions import read_yaml
from kith.ids import share
from kith.settings import Settings
from kith.times import parse_instant
from tests.scenarios.campaign_world import Person, World, naive

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*/*.yml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_scenario__decides_as_written(path: Path, settings: Settings) -> None:
    scenario: dict[str, Any] = read_yaml(path)[0]
    journey = path.parent.name
    world = World(settings, [_person(name, body, journey) for name, body in scenario["people"].items()])
    names = {name: person.name for name, person in zip(scenario["people"], world.people, strict=True)}
    for each in scenario.get("events", []):
        world.say(names[each["who"]], each["event"], parse_instant(each["at"]), **each.get("with", {}))
    for segment, at in scenario["evaluate"].items():
        members = scenario.get("members", {}).get(segment, names)
        world.evaluate(segment, parse_instant(at), {names[name] for name in members})
    world.plan(parse_instant(scenario["run"]))
    found = {name: (decision, reason) for name, (decision, reason) in world.decisions(journey).items()}
    assert found == {names[name]: _decision(word) for name, word in scenario["expect"].items()}
    for column in ("entered_at", "not_after"):
        if column in scenario:
            expected: datetime = naive(parse_instant(scenario[column]))
            assert {row[column] for row in world.rows("outbox")} == {expected}


def _person(name: str, body: dict[str, Any], journey: str) -> Person:
    """Somebody of this name, or with a number after it, whom the holdout leaves alone."""
    if "consent_at" in body:
        body = body | {"consent_at": parse_instant(body["consent_at"])}
    for number in range(100):
        person = Person(name if number == 0 else f"{name}{number}", **body)
        if share(person.profile_id, f"holdout:{journey}") >= 0.1:
            return person
    raise AssertionError("nobody is outside the holdout")


def _decision(word: str) -> tuple[str, str]:
    if word == Decision.SEND:
        return (Decision.SEND.value, "")
    return (Decision.WITHHOLD.value, word)
