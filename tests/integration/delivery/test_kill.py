"""SIGKILL at random points of a delivery: nobody is missed, and a duplicate is only ever one that is listed.

Counts and seed are printed. `make soak COUNT=300 SEED=7 ONLY=kill` runs the full battery.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kith.clock import FixedClock
from kith.settings import Settings, child_environment
from tests.integration.delivery.delivery_world import (
    Sink,
    exported_ids,
    grant,
    landed_events,
    ledger_rows,
    plan,
)
from tests.integration.delivery.worker_nursery import WINDOW

KILLS = 50
_ONCE = ("before_load", "loaded", "claimed")
_EACH_MESSAGE = (
    "consent_read",
    "before_mark",
    "mark_not_committed",
    "marked",
    "body_sent",
    "answered",
    "settled",
)


class Nursery:
    """Workers that can be killed, born quickly (see worker_nursery.py)."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("worker_nursery.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=child_environment(PYTHONPATH=os.getcwd()),
        )

    def bear(self, clock: FixedClock, **order: object) -> None:
        """Start one worker in the world that the environment names; `ended` waits for it."""
        assert self.process.stdin
        world = {name: value for name, value in os.environ.items() if name.startswith("KITH_")}
        line = {"environment": world, "now": clock.now().isoformat(), **order}
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def run(self, clock: FixedClock, **order: object) -> int:
        """Let one worker live to its end; answers its exit code."""
        self.bear(clock, **order)
        return self.ended()

    def ended(self) -> int:
        assert self.process.stdout
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    running = Nursery()
    yield running
    running.close()


@dataclass(frozen=True)
class Verdict:
    """What the server took, held against what was planned and what the ledger admits."""

    missing: set[str]
    duplicates: int
    unlisted: set[str]
    unfinished: int
    uncertain: int


def judge(world: Settings, sink: Sink, planned: list[str]) -> Verdict:
    taken, rows = sink.counts(), ledger_rows(world)
    twice = {message for message, count in taken.items() if count > 1}
    uncertain = {message for message, row in rows.items() if row.is_uncertain}
    return Verdict(
        missing=set(planned) - set(taken),
        duplicates=sum(taken.values()) - len(taken),
        unlisted=twice - uncertain,
        unfinished=sum(row.outcome != "accepted" for row in rows.values()),
        uncertain=len(uncertain),
    )


def _battery(
    nursery: Nursery, clock: FixedClock, kills: int, chance: random.Random, bug: str = "", vendor: str = ""
) -> Counter[str]:
    """Kill `kills` workers, half at named points and half at any moment, then let one finish."""
    struck: Counter[str] = Counter()
    while sum(struck.values()) < kills:
        if chance.random() < 0.5:
            point = chance.choice(
                _ONCE + tuple(name for name in _EACH_MESSAGE if not vendor or name != "body_sent")
            )
            nth = 1 if point in _ONCE else chance.randint(1, 12)
            status = nursery.run(clock, point=point, nth=nth, bug=bug, vendor=vendor)
        else:
            point = "any moment"
            status = nursery.run(clock, bug=bug, vendor=vendor, kill_after=chance.uniform(0, 0.08))
        assert status in (0, -signal.SIGKILL)
        if status == 0:
            break
        struck[point] += 1
    assert nursery.run(clock, bug=bug, vendor=vendor) == 0
    return struck


def _kill(world, sink, nursery, clock, kills: int, seed: int, bug: str = "") -> tuple[Verdict, Counter[str]]:
    chance = random.Random(seed)
    people = [f"p{n}@shop.example" for n in range(kills * 12)]
    planned = plan(world, people, clock.now())
    grant(world, clock, people)
    struck = _battery(nursery, clock, kills, chance, bug)
    return judge(world, sink, planned), struck


def _assert_held(verdict: Verdict, kills: int) -> None:
    assert verdict.missing == set()
    assert verdict.unfinished == 0
    assert verdict.unlisted == set()
    assert verdict.duplicates <= kills * WINDOW
    assert verdict.uncertain <= kills * WINDOW


def _report(name: str, kills: int, planned: int, verdict: Verdict, seed: int, started: float) -> None:
    print(
        f"\n{name}: kills={kills} messages={planned} missing={len(verdict.missing)}"
        f" duplicates={verdict.duplicates} unlisted={len(verdict.unlisted)} uncertain={verdict.uncertain}"
        f" seed={seed} seconds={time.monotonic() - started:.1f}"
    )


def test_kill__nobody_is_missed_and_every_duplicate_is_listed(world, sink, nursery, clock, pytestconfig):
    seed, started = pytestconfig.getoption("--seed"), time.monotonic()
    verdict, struck = _kill(world, sink, nursery, clock, KILLS, seed)
    _report("kill", sum(struck.values()), KILLS * 12, verdict, seed, started)
    assert sum(struck.values()) == KILLS, struck
    _assert_held(verdict, KILLS)


@pytest.mark.soak
def test_kill__soak(world, sink, nursery, clock, pytestconfig):
    kills, seed = pytestconfig.getoption("--count") or 300, pytestconfig.getoption("--seed")
    started = time.monotonic()
    verdict, struck = _kill(world, sink, nursery, clock, kills, seed)
    _report("kill soak", sum(struck.values()), kills * 12, verdict, seed, started)
    assert sum(struck.values()) == kills, struck
    _assert_held(verdict, kills)


@pytest.mark.parametrize("point", ["marked", "body_sent", "answered"])
def test_kill__a_death_after_the_mark_is_listed(world, sink, nursery, clock, point):
    planned = plan(world, ["a@shop.example"], clock.now())
    grant(world, clock, ["a@shop.example"])
    assert nursery.run(clock, point=point, nth=1) == -signal.SIGKILL
    assert nursery.run(clock) == 0
    verdict = judge(world, sink, planned)
    assert verdict.uncertain == 1
    assert verdict.duplicates == (0 if point == "marked" else 1)
    _assert_held(verdict, 1)


@pytest.mark.parametrize("point", ["claimed", "before_mark", "mark_not_committed"])
def test_kill__a_death_before_the_mark_is_no_doubt(world, sink, nursery, clock, point):
    planned = plan(world, ["a@shop.example"], clock.now())
    grant(world, clock, ["a@shop.example"])
    assert nursery.run(clock, point=point, nth=1) == -signal.SIGKILL
    assert nursery.run(clock) == 0
    verdict = judge(world, sink, planned)
    assert (verdict.uncertain, verdict.duplicates) == (0, 0)
    _assert_held(verdict, 1)


def test_kill__without_the_mark_duplicates_go_unlisted(world, sink, nursery, clock):
    planned = plan(world, ["a@shop.example"], clock.now())
    grant(world, clock, ["a@shop.example"])
    nursery.run(clock, point="answered", nth=1, bug="no_mark")
    nursery.run(clock, bug="no_mark")
    assert judge(world, sink, planned).unlisted == set(planned)


def test_kill__without_the_ledger_check_messages_are_sent_again(world, sink, nursery, clock):
    people = [f"p{n}@shop.example" for n in range(5)]
    planned = plan(world, people, clock.now())
    grant(world, clock, people)
    for _ in range(2):
        assert nursery.run(clock, bug="no_ledger_check") == 0
    assert judge(world, sink, planned).unlisted == set(planned)


_EXPORT_POINTS = ("export_before_commit", "export_committed", "export_noted", "export_landed")


@pytest.mark.parametrize("point", _EXPORT_POINTS)
def test_kill__an_export_killed_anywhere_tells_each_outcome_once(world, home, sink, nursery, clock, point):
    people = [f"p{n}@shop.example" for n in range(5)]
    planned = plan(world, people, clock.now())
    grant(world, clock, people)
    assert nursery.run(clock) == 0
    assert nursery.run(clock, export=True, point=point, nth=1) == -signal.SIGKILL
    for _ in range(2):
        assert nursery.run(clock, export=True) == 0
    assert exported_ids(world) == Counter(planned)
    told = landed_events(home, "delivery")
    assert len(told) == 5
    assert {event["properties"]["message_id"] for event in told.values()} == set(planned)
    assert {event["event"] for event in told.values()} == {"Message Sent"}
