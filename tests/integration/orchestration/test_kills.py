"""A run killed at random moments and run again ends with the tables of a run that nobody disturbed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from kith.clock import FixedClock
from kith.ids import share
from kith.init import initialise
from kith.lake import Home
from kith.landing import LandingLog
from kith.settings import load_settings
from kith.snapshot import current_snapshot

NOW = datetime(2026, 3, 1, 8, 0, 30, tzinfo=UTC)
FULL_COUNT = 200
LONGEST_SECONDS = 30


def order(number: int) -> bytes:
    return json.dumps(
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": f"m{number}",
            "userId": f"u{number % 40}",
            "anonymousId": f"a{number % 50}",
            "timestamp": (NOW - timedelta(hours=number % 900)).isoformat(),
            "properties": {
                "order_id": f"o{number}",
                "currency": "EUR",
                "products": [{"product_id": f"p{number % 7}", "price": 4.5, "quantity": 1 + number % 3}],
            },
        }
    ).encode()


@pytest.fixture
def pristine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KITH_HOME", str(tmp_path / "pristine"))
    monkeypatch.setenv("KITH_CLOCK", "virtual")
    settings = load_settings()
    initialise(settings)
    settings.clock_file.write_text(NOW.isoformat())
    log = LandingLog(Home(settings.home), "web", FixedClock(NOW))
    for start in range(0, 600, 100):
        log.append([order(number) for number in range(start, start + 100)], NOW - timedelta(minutes=5))
    log.append([b"torn {", b"[]"], NOW - timedelta(minutes=5))
    log.close()
    return settings.home


def run(home: Path, kill_after: float | None = None) -> int:
    """`kith run` in a child; its exit code, negative where we killed it. What it says goes to `run.log`."""
    environment = {**os.environ, "KITH_HOME": str(home)}
    command = [sys.executable, "-m", "kith.cli.main", "run"]
    with open(home / "run.log", "ab") as log:
        child = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    deadline = None if kill_after is None else time.monotonic() + kill_after
    while child.poll() is None:
        if deadline is not None and time.monotonic() > deadline:
            os.killpg(child.pid, signal.SIGKILL)
        time.sleep(0.02)
    return int(child.returncode)


def checksums(home: Path) -> dict[str, tuple[int, str]]:
    """Rows and a sum of their hashes, for each published table."""
    present = current_snapshot(Home(home))
    assert present is not None
    sql = "SELECT count(*), sum(hash(each::VARCHAR)::HUGEINT)::VARCHAR FROM read_parquet('{}') AS each"
    return {name: duckdb.execute(sql.format(path)).fetchall()[0] for name, path in present.tables().items()}


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_graph__survives_kills(pristine: Path, tmp_path: Path, strikes: int | None, seed: int) -> None:
    shutil.copytree(pristine, tmp_path / "clean")
    shutil.copytree(pristine, tmp_path / "struck")
    assert run(tmp_path / "clean") == 0, (tmp_path / "clean" / "run.log").read_text()
    kills = strikes or FULL_COUNT
    delays = [2 + (LONGEST_SECONDS - 2) * share(str(number), f"kill {seed}") for number in range(kills)]
    codes = [run(tmp_path / "struck", delay) for delay in delays]
    assert run(tmp_path / "struck") == 0, (tmp_path / "struck" / "run.log").read_text()
    clean, struck = checksums(tmp_path / "clean"), checksums(tmp_path / "struck")
    struck_count = sum(code < 0 for code in codes)
    differing = sorted(name for name in clean if clean[name] != struck.get(name))
    print(
        f"\ngraph: {struck_count} of {kills} runs killed, {len(differing)} of {len(clean)} tables differ, seed {seed}"
    )
    assert struck_count > 0
    assert not differing
