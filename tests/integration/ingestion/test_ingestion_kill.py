"""SIGKILL at random points of compaction and import: after a rerun nothing is lost and nothing doubled.

Counts and seed are printed. `make soak ONLY=ingestion_kill COUNT=300 SEED=7` runs the full battery.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.quarantine import quarantine_files
from kith.clock import FixedClock
from kith.lake import Home, commits
from kith.landing import LandingLog
from kith.settings import Settings, child_environment
from kith.warehouse import Warehouse

KILLS = 16
MAPPING = """
source: shop
format: {delimiter: ","}
events:
  sale: {event: Sale, time: at, user_id: who, properties: {order_id: id, n: {column: n, as: integer}}}
"""


class Nursery:
    """See ingestion_nursery.py."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("ingestion_nursery.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=child_environment(PYTHONPATH=os.getcwd()),
        )  # fmt: skip

    def run(self, kill_after: float | None = None, **order: str) -> int:
        """Let one child live, or kill it after so many seconds; answers its exit code."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({**order, "kill_after": kill_after}) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    born = Nursery()
    yield born
    born.process.kill()
    born.process.wait()


def landed_ids(settings: Settings) -> Counter[str]:
    with Warehouse(settings) as warehouse:
        warehouse.attach_lake("events")
        return Counter(row["event_id"] for row in warehouse.rows("SELECT event_id FROM lake_events_events"))


def strike_compaction(settings: Settings, nursery: Nursery, clock: FixedClock, kills: int, seed: int) -> None:
    chance, home = random.Random(seed), Home(settings.home)
    log = LandingLog(home, "web", clock)
    number, bad, codes = 0, 0, Counter[int]()
    longest = 0.2
    for _ in range(kills):
        lines = []
        for _ in range(chance.randrange(1, 60)):
            number += 1
            lines.append(
                json.dumps({"type": "track", "event": "E", "userId": "u", "messageId": f"m{number}"}).encode()
            )
        bad += 1
        log.append([*lines, b"{broken"])
        codes[nursery.run(chance.uniform(0, longest), home=str(settings.home), do="compact")] += 1
        if chance.random() < 0.2:
            started = time.monotonic()
            assert nursery.run(home=str(settings.home), do="compact") == 0
            longest = max(0.2, (time.monotonic() - started) * 1.2)
    assert nursery.run(home=str(settings.home), do="compact") == 0
    found = landed_ids(settings)
    lost = [f"m{each}" for each in range(1, number + 1) if f"m{each}" not in found]
    doubled = [each for each, count in found.items() if count > 1]
    aside = sum(file.rows().num_rows for file in quarantine_files(home))
    print(
        f"compaction: {kills} kills {dict(codes)} seed {seed}: {number} rows, "
        f"{len(lost)} lost, {len(doubled)} doubled"
    )
    assert (lost, doubled, aside) == ([], [], bad)
    assert codes[-signal.SIGKILL] > 0
    batches = [each for commit in commits(home, "events") for each in commit.meta["segments"]]
    assert len(batches) == len(set(batches))


def strike_import(settings: Settings, nursery: Nursery, folder: Path, kills: int, seed: int) -> None:
    chance, home = random.Random(seed), Home(settings.home)
    (folder / "shop.yml").write_text(MAPPING)
    mapping, longest, codes, number = str(folder / "shop.yml"), 0.3, Counter[int](), 0
    for turn in range(kills):
        number += 50
        rows = [f"{turn}-{n},p{n},2026-01-0{1 + n % 9},{n}" for n in range(50)] + [f"{turn},x,never,1"]
        (folder / f"{turn}.csv").write_text("id,who,at,n\n" + "\n".join(rows) + "\n")
        order = {
            "home": str(settings.home),
            "do": "import",
            "file": str(folder / f"{turn}.csv"),
            "mapping": mapping,
        }
        codes[nursery.run(chance.uniform(0, longest), **order)] += 1
        started = time.monotonic()
        assert nursery.run(**order) == 0
        longest = max(0.1, time.monotonic() - started)
    found = landed_ids(settings)
    aside = sum(file.rows().num_rows for file in quarantine_files(home))
    print(f"import: {kills} kills {dict(codes)} seed {seed}: {number} rows, {number - len(found)} lost")
    assert (len(found), sum(found.values()), aside) == (number, number, kills)
    assert codes[-signal.SIGKILL] > 0


def test_ingestion_kill__compaction_neither_loses_nor_doubles(settings, nursery, clock) -> None:
    strike_compaction(settings, nursery, clock, KILLS, 7)


def test_ingestion_kill__import_lands_a_file_once(settings, nursery, tmp_path) -> None:
    strike_import(settings, nursery, tmp_path, KILLS // 2, 7)


@pytest.mark.soak
def test_ingestion_kill__soak(settings, nursery, clock, tmp_path, pytestconfig) -> None:
    kills = pytestconfig.getoption("count") or 300
    seed = pytestconfig.getoption("seed") or 1
    strike_compaction(settings, nursery, clock, kills, seed)
