"""The whole story at small scale, through the public commands, with the truth out of the platform's reach."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kith.settings import PROJECT, child_environment

SMALL = ("--people", "250", "--days", "40", "--live-days", "1", "--format", "json")
NOBODY = 65534


def can_run_as_nobody() -> bool:
    """Only root may, and only where others may read the checkout and its virtual environment."""
    if os.geteuid() != 0:
        return False
    words = [sys.executable, "-c", "import kith, sandbox"]
    return subprocess.run(words, user=NOBODY, cwd=PROJECT, capture_output=True).returncode == 0


def demo(folder: Path, user: int | None) -> dict:
    environment = child_environment(KITH_HOME=str(folder / "data"), SANDBOX_HOME=str(folder / "hidden"))
    environment.pop("KITH_CLOCK", None)
    if user is not None:
        environment["SANDBOX_PLATFORM_USER"] = str(user)
    done = subprocess.run(
        [sys.executable, "-m", "kith.cli.main", "sandbox", "demo", *SMALL],
        env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    log = folder / "data" / "logs" / "demo.log"
    assert done.returncode == 0, done.stderr + (log.read_text()[-2000:] if log.exists() else "")
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A home that others may reach and a truth that only its owner may read."""
    base = tmp_path_factory.mktemp("closed-loop")
    (base / "hidden").mkdir(mode=0o700)
    for path in (base, *base.parents):
        if path == Path("/tmp"):
            break
        path.chmod(0o755)
    return base


@pytest.fixture(scope="module")
def told(folder):
    """The first demo's story; the platform runs as nobody where that can be."""
    return demo(folder, NOBODY if can_run_as_nobody() else None)


@pytest.mark.timeout(600)
def test_demo__passes_with_the_truth_unreadable_to_the_platform(told, folder):
    if not can_run_as_nobody():
        pytest.skip("needs root, and a checkout that others may read, to take the truth out of reach")
    can_read = [sys.executable, "-c", f"import os; os.listdir({str(folder / 'hidden')!r})"]
    assert subprocess.run(can_read, user=NOBODY, capture_output=True).returncode != 0
    assert (folder / "data" / "warehouse.duckdb").stat().st_uid == NOBODY
    assert told["figures"]["people"][0]["profiles"] > 100


@pytest.mark.timeout(600)
def test_demo__mails_an_audience_that_is_the_sum_of_its_outcomes(told):
    campaign = told["figures"]["campaigns"][0]
    outcomes = ("withheld", "suppressed", "expired", "accepted", "rejected", "failed", "unknown", "pending")
    assert campaign["audience_count"] == sum(campaign[f"{name}_count"] for name in outcomes)
    assert campaign["accepted_count"] == told["new"]["mails"]
    assert campaign["opened_count"] <= campaign["delivered_count"] <= campaign["accepted_count"]


@pytest.mark.timeout(600)
def test_demo__a_second_time_finds_nothing_new(told, folder):
    again = demo(folder, NOBODY if can_run_as_nobody() else None)
    assert not again["world"]["is_new"]
    assert again["new"] == {**told["new"], "events": 0, "mails": 0}
    assert [run["compacted"]["rows_landed"] for run in again["runs"]] == [0]
    assert [run["delivered"]["accepted"] for run in again["runs"]] == [0]
    assert again["figures"] == told["figures"]
