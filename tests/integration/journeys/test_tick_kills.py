"""SIGKILL at random moments of ticks: what was killed is run again, and the whole log is that of ticks left alone.

Counts and seed are printed. `make soak COUNT=300 SEED=7 ONLY=tick` runs the full battery.
"""

import json
import random
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kith.run import publish_run
from kith.settings import Settings, child_environment
from tests.scenarios.campaign_world import Person, World

KILLS, PEOPLE, DAYS = 300, 60, 8
AT = datetime(2026, 5, 1, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JOURNEY = """
name: slow
state: live
enter: {event: Cart Left, again: always}
stop_when: [{event: Order Completed}]
purpose: transactional
steps:
  - {send: winback_offer, by: email}
  - wait: 36h
  - {send: cart_text, by: sms}
"""


class Nursery:
    """See tick_nursery.py."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("tick_nursery.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=child_environment(PYTHONPATH=str(Path(__file__).parents[3])),
        )

    def tick(self, settings: Settings, run_id: str, seconds: float | None = None) -> int:
        """One tick, killed after so many seconds unless it has ended; answers its exit code."""
        assert self.process.stdin
        assert self.process.stdout
        order = {"home": str(settings.home), "definitions": str(settings.definitions), "run_id": run_id}
        self.process.stdin.write(json.dumps({**order, "seconds": seconds}) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture
def nursery() -> Any:
    nursery = Nursery()
    yield nursery
    assert nursery.process.stdin
    nursery.process.stdin.close()
    nursery.process.wait(timeout=30)


def _world(settings: Settings, chance: random.Random) -> World:
    world = World(settings, [Person(f"u{number}") for number in range(PEOPLE)])
    world.define("journeys", "slow", JOURNEY)
    for person in world.people:
        for _ in range(3):
            event = chance.choice(["Cart Left", "Cart Left", "Order Completed"])
            world.say(person.name, event, AT + chance.randrange(24 * DAYS * 60) * timedelta(minutes=1))
    return world


def _told(world: World) -> dict[str, list[str]]:
    tables = ("transitions", "enrolments", "outbox")
    return {name: sorted(repr(sorted(row.items())) for row in world.rows(name)) for name in tables}


@pytest.mark.soak
def test_tick__killed_at_random_moments_leaves_the_log_of_one_left_alone(
    settings: Settings, tmp_path: Path, nursery: Nursery, strikes: int | None, seed: int
) -> None:
    count = strikes or KILLS
    definitions = tmp_path / "definitions"
    shutil.copytree(settings.definitions, definitions)
    lone = settings.model_copy(update={"definitions": definitions, "home": tmp_path / "alone"})
    shutil.copytree(settings.home, lone.home)
    killed = settings.model_copy(update={"definitions": definitions})
    worlds = [_world(each, random.Random(seed)) for each in (lone, killed)]
    chance, kills, ended = random.Random(seed), 0, 0
    for day in range(DAYS + 1):
        runs = [world.begin(AT + day * DAY) for world in worlds]
        begun = time.monotonic()
        assert nursery.tick(lone, runs[0].run_id) == 0
        lasted = time.monotonic() - begun
        while kills < count * (day + 1) // (DAYS + 1):
            kills += 1
            ended += nursery.tick(killed, runs[1].run_id, chance.uniform(0, lasted)) == 0
        assert nursery.tick(killed, runs[1].run_id) == 0
        for world, run in zip(worlds, runs, strict=True):
            publish_run(world.settings, run)
    print(f"{kills} kills, {ended} of them after the end, seed {seed}")
    alone, survived = (_told(world) for world in worlds)
    assert len(alone["transitions"]) > PEOPLE
    assert survived == alone
