"""`kith deliver` and `kith consent` as people and scripts call them."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from kith.cli.main import run
from kith.settings import child_environment
from tests.integration.delivery.delivery_world import grant, outcomes, plan
from tests.integration.delivery.test_kill import judge

PEOPLE = ["a@shop.example", "b@shop.example", "mute@shop.example"]


@pytest.fixture
def kith(world, clock, sink, monkeypatch, capsys):
    """A function that runs a command line on the virtual clock and answers its exit code and JSON."""
    monkeypatch.setenv("KITH_CLOCK", "virtual")
    (world.home / "clock").write_text(clock.now().isoformat())
    plan(world, PEOPLE, clock.now())
    grant(world, clock, PEOPLE)

    def call(*words: str) -> tuple[int, object]:
        capsys.readouterr()
        code = run([*words, "--format", "json"])
        text = capsys.readouterr().out
        return code, json.loads(text) if text else None

    return call


def test_commands__deliver_and_list_the_uncertain(kith):
    code, counts = kith("deliver", "--until-empty")
    assert (code, counts["accepted"], counts["uncertain"], counts["pending"]) == (0, 3, 1, 0)
    code, rows = kith("deliver", "uncertain")
    assert (code, len(rows), rows[0]["outcome"]) == (0, 1, "accepted")
    assert "shop.example" not in json.dumps(rows[0]["journey"])


def test_commands__pause_and_resume(kith):
    assert kith("deliver", "pause", "email")[0] == 0
    assert kith("deliver", "--until-empty")[1]["pending"] == 3
    assert kith("deliver", "resume", "push")[0] == 2
    assert kith("deliver", "resume", "email")[0] == 0
    assert kith("deliver", "--until-empty")[1]["accepted"] == 3


def test_commands__retry_takes_a_condition(kith):
    assert kith("deliver", "retry", "--where", "outcome=failed") == (0, {"reopened": 0})
    assert kith("deliver", "retry", "--where", "address=x")[0] == 2
    assert kith("deliver", "retry", "--where", "nonsense")[0] == 2
    assert kith("deliver", "retry", "--where", "outcome=rejected")[0] == 2


def test_commands__a_channel_that_stopped_is_an_error(kith, monkeypatch):
    monkeypatch.setenv("KITH_SMTP_PORT", "1")
    code, counts = kith("deliver", "--until-empty")
    assert (code, counts["pending"]) == (1, 3)


def test_commands__consent_show_and_rebuild(kith):
    kith("deliver", "--until-empty")
    _, shown = kith("consent", "show", "A@shop.example")
    assert [(row["identifier_type"], row["is_granted"]) for row in shown] == [("email", True)]
    assert kith("consent", "rebuild") == (0, {"events_applied": 3})
    assert kith("consent", "show", "A@shop.example")[1] == shown


def test_commands__no_address_in_the_log(kith, monkeypatch, capsys):
    monkeypatch.setenv("KITH_SMTP_PORT", "1")
    run(["deliver", "--until-empty"])
    said = capsys.readouterr()
    assert "delivery stopped" in said.err
    assert "shop.example" not in said.out + said.err


def test_commands__killed_from_outside_and_run_again(kith, world, clock, sink):
    """The public command itself, three times SIGKILL, then to the end."""
    people = [f"p{n}@shop.example" for n in range(60)]
    planned = plan(world, people, clock.now())
    grant(world, clock, people)
    command = [sys.executable, "-m", "kith.cli.main", "deliver", "--until-empty"]
    environment = child_environment(KITH_CLOCK="virtual")
    for kills in range(3):
        child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        while child.poll() is None and len(sink.mails()) < 10 * (kills + 1):
            time.sleep(0.002)
        os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
    assert subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode == 0
    verdict = judge(world, sink, planned)
    print(f"kith deliver killed: kills=3 duplicates={verdict.duplicates} uncertain={verdict.uncertain}")
    assert (verdict.missing, verdict.unlisted) == (set(), set())
    assert verdict.duplicates <= 3 * verdict.uncertain  # three windows at most, each message of them listed
    assert outcomes(world)["accepted"] == 63
