"""Scenario files: people, events and a clock in, messages out; a file a situation, a folder a campaign or journey.

A folder may hold the journey itself, `_journey.yml`, before it is among the definitions; a draft is live here.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from activation.contract import Decision
from kith.definitions import read_yaml
from kith.settings import Settings
from kith.times import parse_instant
from tests.scenarios.campaign_world import World, naive
from tests.scenarios.stage import DRAFT, answer, cast, live, run, score

FOLDER = Path(__file__).parent
FILES = sorted(path for path in FOLDER.glob("*/*.yml") if path.name != DRAFT)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_scenario__decides_as_written(path: Path, settings: Settings, tmp_path: Path) -> None:
    scenario: dict[str, Any] = read_yaml(path)[0]
    journey = path.parent.name
    own = live(settings, path.parent, tmp_path, scenario.get("definitions", {}))
    world = World(own, cast(scenario["people"], journey))
    names = {name: person.name for name, person in zip(scenario["people"], world.people, strict=True)}
    events = scenario.get("events", [])
    for each in events:
        if "to" not in each:
            world.say(names[each["who"]], each["event"], parse_instant(each["at"]), **each.get("with", {}))
    for segment, at in scenario.get("evaluate", {}).items():
        members = scenario.get("members", {}).get(segment, names)
        world.evaluate(segment, parse_instant(at), {names[name] for name in members})
    score(world, scenario.get("scores", []), names)
    answers = sorted((each for each in events if "to" in each), key=lambda each: each["at"])
    for instant in scenario.get("runs") or [scenario["run"]]:
        while answers and parse_instant(answers[0]["at"]) < parse_instant(instant):
            told = answers.pop(0)
            answer(world, told, names[told["who"]], journey)
        run(world, parse_instant(instant), scenario.get("computes", False))
    _compare(world, scenario, journey, names)


def _compare(world: World, scenario: dict[str, Any], journey: str, names: dict[str, str]) -> None:
    """`expect` is a word for each person, `messages` every message with its instant, `caused` every step that did
    something else: an event, traits, an audience."""
    people = {person.profile_id: person.name for person in world.people}
    if "expect" in scenario:
        expected = {names[name]: _decision(word) for name, word in scenario["expect"].items()}
        assert world.decisions(journey) == expected
    if "messages" in scenario:
        rows = [row for row in world.rows("outbox") if row["journey"] == journey]
        found = [
            (people[row["profile_id"]], row["template"], row["decided_at"], row["reason"]) for row in rows
        ]
        assert sorted(found) == sorted(_message(each, names) for each in scenario["messages"])
    if "caused" in scenario:
        caused = [(people[row["profile_id"]], row["step_id"]) for row in world.rows("effects")]
        assert sorted(caused) == sorted((names[each["who"]], each["step"]) for each in scenario["caused"])
    for column in ("entered_at", "not_after"):
        if column in scenario:
            instant: datetime = naive(parse_instant(scenario[column]))
            assert {row[column] for row in world.rows("outbox")} == {instant}


def _message(told: dict[str, Any], names: dict[str, str]) -> tuple[str, str, datetime, str]:
    return names[told["who"]], told["send"], naive(parse_instant(told["at"])), told.get("withheld", "")


def _decision(word: str) -> tuple[str, str]:
    if word == Decision.SEND:
        return (Decision.SEND.value, "")
    return (Decision.WITHHOLD.value, word)
