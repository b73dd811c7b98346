"""The demo's own reasoning: when runs fall due, what the platform may know, what the summary says."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from kith.errors import KithError, UsageError
from sandbox.calendar import LAUNCH, Calendar
from sandbox.commands import sandbox
from sandbox.demo import Told, run_times
from sandbox.making import make_world
from sandbox.platform import Platform, free_port
from sandbox.settings import load_sandbox_settings
from sandbox.summary import print_summary

WEEK = Calendar(days=120, live_days=7)
HALF_A_MINUTE = timedelta(seconds=30)


def test_run_times__are_launch_and_each_morning_to_the_end():
    times = run_times(WEEK, 24, LAUNCH)
    assert times[0] == LAUNCH + HALF_A_MINUTE
    assert times[-1] == LAUNCH + timedelta(days=7) + HALF_A_MINUTE
    assert len(times) == 8


def test_run_times__go_on_where_the_clock_stands():
    now = LAUNCH + timedelta(days=3, hours=5)
    assert run_times(WEEK, 24, now)[0] == LAUNCH + timedelta(days=4) + HALF_A_MINUTE


def test_run_times__behind_the_end_are_the_last_one_again():
    end = LAUNCH + timedelta(days=7) + HALF_A_MINUTE
    assert run_times(WEEK, 24, end) == [end]
    assert run_times(WEEK, 24, end + timedelta(days=400)) == [end]


def test_platform__knows_nothing_of_the_sandbox(tmp_path, monkeypatch):
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "hidden"))
    monkeypatch.setenv("SANDBOX_SEED", "3")
    environment = Platform(tmp_path, "127.0.0.1", 2525, 8300).environment()
    assert not [name for name in environment if name.startswith("SANDBOX")]
    assert str(tmp_path / "hidden") not in environment.values()
    assert environment["KITH_CLOCK"] == "virtual"
    assert environment["KITH_PUBLIC_URL"] == "http://127.0.0.1:8300"


def test_platform__tells_a_failure_in_the_childs_own_words(tmp_path):
    platform = Platform(tmp_path / "empty", "127.0.0.1", 1, 8300)
    with pytest.raises(KithError, match="nothing was published yet"):
        platform.ask("query", "SELECT 1 AS one")


def test_free_port__is_the_wanted_one_unless_somebody_listens():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port


@pytest.mark.parametrize(("home", "beside"), [("x/data", "x/.sandbox"), ("x/other", "x/other-sandbox")])
def test_settings__put_the_truth_beside_the_home_and_never_inside(tmp_path, monkeypatch, home, beside):
    monkeypatch.delenv("SANDBOX_HOME", raising=False)
    monkeypatch.setenv("KITH_HOME", str(tmp_path / home))
    settings = load_sandbox_settings()
    assert settings.home == tmp_path / beside
    assert (tmp_path / home) not in settings.home.parents


def test_make_world__leaves_a_world_alone_and_refuses_another_shape(tmp_path, monkeypatch):
    monkeypatch.setenv("KITH_HOME", str(tmp_path / "data"))
    settings = load_sandbox_settings(people=20, days=3, live_days=1)
    assert make_world(settings).is_new
    landed = {path: path.read_bytes() for path in (tmp_path / "data" / "landing").rglob("*.open")}
    assert not make_world(settings).is_new
    assert {path: path.read_bytes() for path in (tmp_path / "data" / "landing").rglob("*.open")} == landed
    with pytest.raises(KithError, match="another world lives here"):
        make_world(load_sandbox_settings(people=21, days=3, live_days=1))


def test_commands__refuse_with_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("KITH_HOME", str(tmp_path / "data"))
    missing = CliRunner().invoke(sandbox, ["live", "--until", "end"])
    assert isinstance(missing.exception, KithError)
    assert "run 'kith sandbox world'" in str(missing.exception)
    uneven = CliRunner().invoke(sandbox, ["demo", "--people", "20", "--days", "3", "--run-every", "5"])
    assert isinstance(uneven.exception, UsageError)
    assert not Path(tmp_path / "data" / "landing").exists()


def test_summary__shows_that_an_audience_is_the_sum_of_its_outcomes():
    campaign = {
        "campaign": "winback", "channel": "email", "audience_count": 100, "holdout_count": 9,
        "withheld_count": 12, "suppressed_count": 1, "expired_count": 0, "accepted_count": 80,
        "rejected_count": 7, "failed_count": 0, "unknown_count": 0, "pending_count": 0,
        "lift": 0.042, "lift_lower": 0.001, "lift_upper": 0.083,
        "treated_conversion_rate": 0.092, "holdout_conversion_rate": 0.05,
    }  # fmt: skip
    told = Told({"people": 10, "lines_landed": 20})
    told.figures = {"people": [{"profiles": 11}], "segments": None, "campaigns": [campaign]}
    told.figures["models"] = [
        {"model": "uplift", "champion": None, "candidate": "t_learner", "last_judgement": "no better"},
        {"model": "churn", "champion": 2, "candidate": "stacked", "last_judgement": "better"},
    ]
    told.runs = [
        {"at": LAUNCH, "seconds": 1.5, "compacted": {"rows_landed": 20}, "delivered": {"accepted": 80}}
    ]
    console = Console(record=True, width=120)
    print_summary(told, console)
    text = console.export_text()
    assert "sum of outcomes" in text
    assert text.count("100 ") == 2
    assert "+4.2 points (+0.1 points to +8.3 points)" in text
    assert "none yet" in text
    assert "version 2" in text
    assert "kith query" in text
