"""SIGKILL at random points of a sync: nothing is lost, nothing takes effect twice, nothing is wrongly called done.

Counts and seed are printed. `make soak COUNT=500 SEED=7 ONLY=syncs` runs the full battery of 100,000 rows.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from kith.settings import child_environment
from tests.integration.syncs.run_nursery import POINTS
from tests.integration.syncs.sync_world import Sink, define, outcomes, publish

FULL_KILLS, FULL_ROWS, BATCH = 500, 100_000, 100
SAMPLE_KILLS, SAMPLE_ROWS = 10, 2_000
ONCE = ("looked", "plan_written", "planned", "before_finish", "outcomes_written", "finished")
IN_FLIGHT = 8


class Nursery:
    def __init__(self) -> None:
        script = Path(__file__).with_name("run_nursery.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=child_environment(PYTHONPATH=os.getcwd()),
        )

    def run(self, clock, **order) -> int:
        """Let one run live to its end; answers its exit code."""
        assert self.process.stdin
        assert self.process.stdout
        world = {name: value for name, value in os.environ.items() if name.startswith("KITH_")}
        line = {"environment": world, "now": clock.now().isoformat(), **order}
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def nursery():
    running = Nursery()
    yield running
    running.close()


@dataclass(frozen=True)
class Verdict:
    """What the sink took, held against what was planned and what the log says."""

    lost: set[str]
    duplicates: int
    unlisted: set[str]
    wrongly_done: set[str]
    unlogged: set[str]
    uncertain: int


def judge(world, sink: Sink, planned: set[str]) -> Verdict:
    log: dict[str, list[dict]] = {}
    for row in outcomes(world):
        log.setdefault(row["row_key"], []).append(row)
    twice = {key for key, count in sink.effects.items() if count > 1}
    uncertain = {key for key, rows in log.items() if any(row["is_uncertain"] for row in rows)}
    done = {key for key, rows in log.items() if rows[-1]["outcome"] == "accepted"}
    return Verdict(
        lost=planned - set(sink.effects),
        duplicates=sum(sink.effects.values()) - len(sink.effects),
        unlisted=twice - uncertain,
        wrongly_done=done - set(sink.effects),
        unlogged=planned - set(log),
        uncertain=len(uncertain),
    )


def kill_until(nursery, clock, kills: int, chance: random.Random, bug: str = "") -> Counter[str]:
    """Kill `kills` runs, half at named points and half at any moment, then let one live to its end."""
    struck: Counter[str] = Counter()
    while sum(struck.values()) < kills:
        if chance.random() < 0.5:
            point = chance.choice(sorted(POINTS))
            nth = 1 if point in ONCE else chance.randint(1, 6)
            status = nursery.run(clock, point=point, nth=nth, bug=bug)
        else:
            point = "any moment"
            status = nursery.run(clock, bug=bug, kill_after=chance.uniform(0, 0.5))
        assert status in (0, -signal.SIGKILL)
        if status == -signal.SIGKILL:
            struck[point] += 1
        elif point == "any moment" or point in ("before_finish", "outcomes_written", "finished", "swept"):
            break  # it came to its end
    assert nursery.run(clock, bug=bug) == 0
    return struck


def strike(nursery, world, clock, sink, kills, rows, seed, bug="") -> tuple[Verdict, Counter[str]]:
    """Every lot of rows is published, killed at, brought to its end and judged by itself: a run that comes to its end
    early makes room for the next one, and neither the lake nor the sink holds more than one lot."""
    chance, struck, verdicts = random.Random(seed), Counter[str](), []
    while sum(struck.values()) < kills:
        keys = {f"{len(verdicts)}-{n}" for n in range(rows)}
        publish(world, clock, {"people": pa.table({"id": sorted(keys)})})
        struck += kill_until(nursery, clock, kills - sum(struck.values()), chance, bug)
        verdicts.append(judge(world, sink, keys))
        sink.forget()
        for folder in ("lake/syncs", "syncs"):
            shutil.rmtree(world.home / folder, ignore_errors=True)
    return total(verdicts), struck


def total(verdicts: list[Verdict]) -> Verdict:
    return Verdict(
        lost=set().union(*(each.lost for each in verdicts)),
        duplicates=sum(each.duplicates for each in verdicts),
        unlisted=set().union(*(each.unlisted for each in verdicts)),
        wrongly_done=set().union(*(each.wrongly_done for each in verdicts)),
        unlogged=set().union(*(each.unlogged for each in verdicts)),
        uncertain=sum(each.uncertain for each in verdicts),
    )


def _world(settings, monkeypatch, honours_key: bool):
    told = "deduplicates" if honours_key else "plain"
    options = {"batch_size": BATCH, "receiver": told}
    return define(settings, monkeypatch, to="webhook", mode="upsert", fields=["id"], options=options)


@pytest.fixture
def sink(monkeypatch, request):
    with Sink(honours_key=request.param) as running:
        monkeypatch.setenv("KITH_SYNC_WEBHOOK_URL", running.url)
        yield running


def _report(name: str, struck: Counter[str], verdict: Verdict, seed: int, began: float, rows: int) -> None:
    print(
        f"\n{name}: kills={sum(struck.values())} rows={rows} lost={len(verdict.lost)} duplicates={verdict.duplicates}"
        f" unlisted={len(verdict.unlisted)} wrongly_done={len(verdict.wrongly_done)} uncertain={verdict.uncertain}"
        f" seed={seed} seconds={time.monotonic() - began:.1f}"
    )


def _assert_held(verdict: Verdict, kills: int, honours_key: bool) -> None:
    assert verdict.lost == set()
    assert verdict.wrongly_done == set()
    assert verdict.unlogged == set()
    assert verdict.unlisted == set()
    if honours_key:
        assert (verdict.duplicates, verdict.uncertain) == (0, 0)
    assert verdict.duplicates <= kills * IN_FLIGHT * BATCH


@pytest.mark.parametrize("sink", [True, False], indirect=True, ids=["with a key", "without a key"])
def test_kill__nothing_lost_nothing_twice(settings, monkeypatch, clock, sink, nursery, seed):
    world, began = _world(settings, monkeypatch, sink.honours_key), time.monotonic()
    verdict, struck = strike(nursery, world, clock, sink, SAMPLE_KILLS, SAMPLE_ROWS, seed)
    _report("sync kill", struck, verdict, seed, began, SAMPLE_ROWS)
    _assert_held(verdict, SAMPLE_KILLS, sink.honours_key)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("sink", [True, False], indirect=True, ids=["with a key", "without a key"])
def test_kill__soak(settings, monkeypatch, clock, sink, nursery, seed, strikes):
    kills = strikes or FULL_KILLS
    world, began = _world(settings, monkeypatch, sink.honours_key), time.monotonic()
    verdict, struck = strike(nursery, world, clock, sink, kills, FULL_ROWS, seed)
    _report("sync kill soak", struck, verdict, seed, began, FULL_ROWS)
    _assert_held(verdict, kills, sink.honours_key)


@pytest.mark.parametrize("sink", [True], indirect=True)
@pytest.mark.parametrize("point", sorted(POINTS))
def test_kill__at_each_point_by_itself(settings, monkeypatch, clock, sink, nursery, point):
    world = _world(settings, monkeypatch, True)
    publish(world, clock, {"people": pa.table({"id": [f"p{n}" for n in range(1_000)]})})
    assert nursery.run(clock, point=point, nth=1) == -signal.SIGKILL
    assert nursery.run(clock) == 0
    _assert_held(judge(world, sink, {f"p{n}" for n in range(1_000)}), 1, True)


def _with_bug(settings, monkeypatch, clock, sink, nursery, bug: str, point: str) -> Verdict:
    world = _world(settings, monkeypatch, sink.honours_key)
    publish(world, clock, {"people": pa.table({"id": [f"p{n}" for n in range(1_000)]})})
    assert nursery.run(clock, point=point, nth=3, bug=bug) == -signal.SIGKILL
    assert nursery.run(clock, bug=bug) == 0
    return judge(world, sink, {f"p{n}" for n in range(1_000)})


@pytest.mark.parametrize("sink", [False], indirect=True)
@pytest.mark.parametrize("bug", ["no_mark", "no_doubt"])
def test_kill__without_the_mark_or_the_doubt_duplicates_go_unlisted(
    settings, monkeypatch, clock, sink, nursery, bug
):
    assert _with_bug(settings, monkeypatch, clock, sink, nursery, bug, "pushed").unlisted


@pytest.mark.parametrize("sink", [True], indirect=True)
@pytest.mark.parametrize("bug", ["new_key", "forgotten_plan"])
def test_kill__with_another_key_or_another_plan_rows_take_effect_twice(
    settings, monkeypatch, clock, sink, nursery, bug
):
    assert _with_bug(settings, monkeypatch, clock, sink, nursery, bug, "pushed").duplicates


@pytest.mark.parametrize("sink", [True], indirect=True)
def test_kill__a_batch_done_before_its_answer_is_lost(settings, monkeypatch, clock, sink, nursery):
    verdict = _with_bug(settings, monkeypatch, clock, sink, nursery, "done_before_answer", "before_push")
    assert verdict.lost
    assert verdict.wrongly_done
