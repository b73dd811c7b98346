"""The whole story at small scale, through the public commands, with the truth out of the platform's reach."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kith.settings import PROJECT, child_environment, load_settings
from tests.integration.sandbox.published_past import disagreements

pytestmark = pytest.mark.whole

SMALL = ("--people", "300", "--days", "110", "--live-days", "1", "--format", "json")

#: Root reads everything by these two capabilities; without them a folder of mode 000 is closed to root too.
POWERLESS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A home, and beside it a truth that nobody may read but a root with all its rights."""
    base = tmp_path_factory.mktemp("closed-loop")
    (base / "hidden").mkdir()
    (base / "hidden").chmod(0)
    yield base
    (base / "hidden").chmod(0o700)


@pytest.fixture(scope="module")
def prefix(folder):
    """Words before each of the platform's commands that put the truth out of its reach; else none."""
    if os.geteuid() != 0 or shutil.which(POWERLESS[0]) is None:
        (folder / "hidden").chmod(0o700)
        return ()
    return POWERLESS


def demo(folder: Path, prefix: tuple[str, ...]) -> dict:
    environment = child_environment(
        KITH_HOME=str(folder / "data"),
        SANDBOX_HOME=str(folder / "hidden"),
        SANDBOX_PLATFORM_PREFIX=" ".join(prefix),
    )
    environment.pop("KITH_CLOCK", None)
    done = subprocess.run(
        [sys.executable, "-m", "kith.cli.main", "sandbox", "demo", *SMALL],
        env=environment, cwd=PROJECT, capture_output=True, text=True, timeout=560, check=False,
    )  # fmt: skip
    log = folder / "data" / "logs" / "demo.log"
    assert done.returncode == 0, done.stderr + (log.read_text()[-2000:] if log.exists() else "")
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def told(folder, prefix):
    """The first demo's story."""
    return demo(folder, prefix)


@pytest.mark.timeout(600)
def test_demo__passes_with_the_truth_unreadable_to_the_platform(told, folder, prefix):
    if not prefix:
        pytest.skip("needs root and setpriv to take the truth out of the platform's reach")
    look = [*prefix, sys.executable, "-c", f"import os; os.listdir({str(folder / 'hidden')!r})"]
    assert subprocess.run(look, capture_output=True, check=False).returncode != 0
    assert (folder / "hidden" / "truth" / "people.parquet").exists()
    assert told["figures"]["people"][0]["profiles"] > 100


@pytest.mark.timeout(600)
def test_demo__writes_to_audiences_that_are_the_sum_of_their_outcomes(told):
    by_channel = {row["channel"]: row for row in told["figures"]["campaigns"]}
    assert sorted(by_channel) == ["email", "push", "sms"]
    for campaign in by_channel.values():
        _check_campaign(campaign)
    written = by_channel["email"]["accepted_count"] + by_channel["push"]["accepted_count"]
    assert written == told["new"]["mails"] + sum(told["new"]["pushes_in_all"].values()), "no app, then a mail"
    assert by_channel["push"]["accepted_count"] > 0
    assert by_channel["sms"]["accepted_count"] == sum(told["new"]["texts_in_all"].values())


def _check_campaign(campaign):
    outcomes = ("withheld", "suppressed", "expired", "accepted", "rejected", "failed", "unknown", "pending")
    assert campaign["audience_count"] == sum(campaign[f"{name}_count"] for name in outcomes)
    assert campaign["opened_count"] <= campaign["delivered_count"] <= campaign["accepted_count"]


@pytest.mark.timeout(600)
def test_demo__the_past_of_journeys_is_what_each_run_published(told, folder, monkeypatch):
    monkeypatch.setenv("KITH_HOME", str(folder / "data"))
    found = list(disagreements(load_settings()))
    assert {run for run, *_ in found} >= {run["opened"]["run_id"] for run in told["runs"][-1:]}
    assert {name for _, name, rows, _ in found if rows} >= {
        "events",
        "consents",
        "segments",
        "addresses",
        "people",
    }
    assert [each for each in found if each[-1]] == []


@pytest.mark.timeout(600)
def test_demo__a_second_time_finds_nothing_new(told, folder, prefix):
    again = demo(folder, prefix)
    assert not again["world"]["is_new"]
    assert again["new"] == {**told["new"], "events": 0, "mails": 0}
    assert [run["compacted"]["rows_landed"] for run in again["runs"]] == [0]
    assert [run["delivered"]["accepted"] for run in again["runs"]] == [0]
    for story in (told, again):
        story["figures"].pop("syncs", None)  # those of the run before are known to the next snapshot
    assert again["figures"] == told["figures"]
