"""SIGKILL in the middle of calls over HTTP, to vendors that know our key, that don't, and that can be asked.

Counts and seed are printed. `make soak COUNT=300 SEED=7 ONLY=kill_http` runs the full battery.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.delivery.delivery_world import Sink, grant, ledger_rows, outcomes, plan
from tests.integration.delivery.http_vendor import KINDS, WIDTH, WINDOW
from tests.integration.delivery.test_kill import Nursery, _battery

KILLS = 12
pytestmark = pytest.mark.usefixtures("vendor_server")


@pytest.fixture
def vendor_server(tmp_path, monkeypatch) -> Iterator[Sink]:
    log, script = tmp_path / "vendor.jsonl", Path(__file__).with_name("http_vendor.py")
    with subprocess.Popen(
        [sys.executable, str(script), str(log)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        monkeypatch.setenv("KITH_TEST_VENDOR", str(port))
        yield Sink(port, log)
        process.kill()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    running = Nursery()
    yield running
    running.close()


def _strike(world, clock, nursery, server, kind, kills, seed, bug=""):
    people = [f"p{number}@shop.example" for number in range(kills * 12)]
    planned = plan(world, people, clock.now())
    grant(world, clock, people)
    struck = _battery(nursery, clock, kills, random.Random(seed), bug, vendor=kind)
    taken = server.counts()
    twice = {name for name, count in taken.items() if count > 1}
    uncertain = {name for name, row in ledger_rows(world).items() if row.is_uncertain}
    print(
        f"\nkill over http ({kind}): kills={sum(struck.values())} messages={len(planned)}"
        f" missing={len(set(planned) - set(taken))} duplicates={sum(taken.values()) - len(taken)}"
        f" unlisted={len(twice - uncertain)} uncertain={len(uncertain)} seed={seed}"
    )
    assert sum(struck.values()) == kills, struck
    return planned, taken, twice, uncertain


def _judge(world, kind, kills, planned, taken, twice, uncertain):
    ended = outcomes(world)
    assert twice <= uncertain
    assert len(uncertain) <= kills * WINDOW * (WIDTH if kind == "wide" else 1)
    if kind not in ("plain", "wide"):
        assert twice == set()
    if kind == "stopping":  # at most once: what may have been taken is unknown, and nothing else is missing
        assert ended["accepted"] + ended["unknown"] == len(planned)
        assert set(planned) - set(taken) <= uncertain
        return
    assert taken.keys() == set(planned)
    assert ended == Counter(accepted=len(planned))
    if kind in ("keyed", "asking"):
        assert uncertain == set()


@pytest.mark.parametrize("kind", KINDS)
def test_kill_http__each_kind_of_vendor_gets_what_it_can_bear(
    world, clock, nursery, vendor_server, kind, pytestconfig
):
    seed = pytestconfig.getoption("--seed")
    struck = _strike(world, clock, nursery, vendor_server, kind, KILLS, seed)
    _judge(world, kind, KILLS, *struck)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_kill_http__soak(world, clock, nursery, vendor_server, kind, pytestconfig):
    kills, seed, started = (
        pytestconfig.getoption("--count") or 300,
        pytestconfig.getoption("--seed"),
        time.monotonic(),
    )
    struck = _strike(world, clock, nursery, vendor_server, kind, kills, seed)
    print(f"seconds={time.monotonic() - started:.1f}")
    _judge(world, kind, kills, *struck)


def test_kill_http__a_vendor_that_is_not_asked_gets_it_twice(world, clock, nursery, vendor_server):
    """The planted bug: whoever can be asked is not."""
    planned = plan(world, ["a@shop.example"], clock.now())
    grant(world, clock, ["a@shop.example"])
    for point in ("answered", ""):
        nursery.run(clock, point=point, nth=1, vendor="asking", bug="no_look_up")
    assert vendor_server.counts() == Counter({planned[0]: 2})


def test_kill_http__a_vendor_without_a_key_taken_for_one_with_it_doubles_unlisted(
    world, clock, nursery, vendor_server
):
    """The planted bug: the key is believed in where nobody honours it."""
    planned = plan(world, ["a@shop.example"], clock.now())
    grant(world, clock, ["a@shop.example"])
    for point in ("answered", ""):
        nursery.run(clock, point=point, nth=1, vendor="plain", bug="no_key_check")
    assert vendor_server.counts() == Counter({planned[0]: 2})
    assert not ledger_rows(world)[planned[0]].is_uncertain
