"""What journeys cause comes back as events, once each."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from activation.journeys import effects
from activation.journeys.effects import land_effects
from activation.journeys.tables import EFFECTS
from kith.clock import FixedClock
from kith.lake import Home, commit
from kith.landing.cursor import Cursor, tail
from kith.run import Run
from kith.settings import Settings
from tests.scenarios.campaign_world import LAUNCH, Person, World, naive

ADA = Person("ada")
CLOCK = FixedClock(LAUNCH + timedelta(seconds=31))


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings, [ADA, Person("bob")])


def cause(home: Home, *rows: dict[str, Any]) -> str:
    """A tick's effects in one commit."""
    blank = {
        **dict.fromkeys(EFFECTS.schema.names, "x"),
        "profile_id": ADA.profile_id,
        "at": naive(LAUNCH),
        "as_of": naive(LAUNCH),
    }
    table = pa.Table.from_pylist([{**blank, **row} for row in rows], schema=EFFECTS.schema)
    with commit(home, "journeys") as writer:
        writer.write("effects", table)
    return writer.name


def landed(home: Home) -> list[dict[str, Any]]:
    batches, _ = tail(home, Cursor())
    return [json.loads(line) for batch in batches for line in batch.lines]


def effect(name: str, what: str, **payload: Any) -> dict[str, Any]:
    return {"effect_id": name, "what": what, "payload": json.dumps(payload)}


def test_effects__land_as_events_under_their_own_names(world: World) -> None:
    cause(
        world.home,
        effect("e1", "event", event="Coupon Granted", properties={"share": 10}),
        effect("e2", "traits", traits={"tier": "gold"}),
        effect("e3", "audience", audience="lookalikes", change="add"),
        effect("e4", "audience", audience="lookalikes", change="remove"),
    )
    assert land_effects(world.settings, world.begin(LAUNCH), CLOCK).landed == 4
    told = {line["messageId"]: line for line in landed(world.home)}
    assert all(line["userId"] == "ada" and "timestamp" not in line for line in told.values())
    assert (told["e1"]["event"], told["e1"]["properties"]) == ("Coupon Granted", {"share": 10})
    assert (told["e2"]["type"], told["e2"]["traits"]) == ("identify", {"tier": "gold"})
    assert [(told[name]["event"], told[name]["properties"]) for name in ("e3", "e4")] == [
        ("Audience Entered", {"audience": "lookalikes"}),
        ("Audience Exited", {"audience": "lookalikes"}),
    ]


def test_effects__land_once_however_often_they_are_asked_for(world: World) -> None:
    run = world.begin(LAUNCH)
    for number in range(3):
        cause(world.home, effect(f"e{number}", "traits", traits={}))
        assert land_effects(world.settings, run, CLOCK).landed == 1
        assert land_effects(world.settings, run, CLOCK) == effects.EffectCounts()
    assert [line["messageId"] for line in landed(world.home)] == ["e0", "e1", "e2"]


@pytest.mark.parametrize("step", ["append", "write_durably"])
def test_effects__of_a_killed_landing_land_later_under_the_same_names(
    world: World, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.begin(LAUNCH)
    cause(world.home, effect("e0", "traits", traits={}))
    cause(world.home, effect("e1", "traits", traits={}))

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(effects.LandingLog if step == "append" else effects, step, die)
        with pytest.raises(KeyboardInterrupt):
            land_effects(world.settings, run, CLOCK)
    land_effects(world.settings, run, CLOCK)
    names = [line["messageId"] for line in landed(world.home)]
    assert sorted(set(names)) == ["e0", "e1"]
    assert len(names) - 2 == (step == "write_durably")


def test_effects__of_a_merged_person_are_told_of_whom_they_became(world: World) -> None:
    world.merged["ada"] = "bob"
    cause(world.home, effect("e0", "traits", traits={}))
    land_effects(world.settings, world.begin(LAUNCH), CLOCK)
    assert [line["userId"] for line in landed(world.home)] == ["ada"]  # the least name of the person


def test_effects__of_a_person_without_a_name_bear_an_address(world: World) -> None:
    row = {
        "user_id": None,
        "anonymous_id": None,
        "email": "ada@example.com",
        "phone": None,
        "profile_id": "p",
    }
    about = {"journey": "j", "step_id": "s", "enrolment_id": "n", "at": naive(LAUNCH)}
    line = json.loads(effects.effect_line(row | about | effect("e0", "event", event="Waved")))
    assert (line["anonymousId"], line["properties"]) == ("profile:p", {"email": "ada@example.com"})


def test_effects__of_a_replay_do_not_land(world: World, tmp_path: Path) -> None:
    cause(world.home, effect("e0", "traits", traits={}))
    run = world.begin(LAUNCH)
    replay = Run(run.run_id, run.as_of, None, True, tmp_path, run.warehouse)
    assert land_effects(world.settings, replay, CLOCK).landed == 0
    assert landed(world.home) == []
