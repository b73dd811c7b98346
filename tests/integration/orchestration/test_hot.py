"""Hot runs: what an event sets off leaves between two whole runs, as it would have left with the next one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dagster_project import automation, hot
from dagster_project.exclusion import GRAPH, Busy, take_turn
from dagster_project.hot_tables import DEVICE_EVENTS
from kith.clock import FixedClock, VirtualClock
from kith.init import initialise
from kith.lake import Home, latest_commit
from kith.landing import LandingLog
from kith.run import HOT_EVENTS, Run
from kith.settings import PROJECT, Settings, child_environment, load_settings
from kith.snapshot import current_snapshot
from kith.warehouse import Warehouse

#: Building a warehouse takes its time where others are at work.
pytestmark = [pytest.mark.whole, pytest.mark.timeout(1200)]
NOW = datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC)
_CAMPAIGN = """name: {name}
description: What the test waits for.
state: live
when: {{event: {event}}}
purpose: {purpose}
send: hello
by: [email]
expires_after: 24h
{holdout}goal: {{event: Product Viewed, within: 7d}}
"""


class House:
    """A home with a customer, two campaigns and one whole run behind it."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.home = settings, Home(settings.home)
        self.clock = VirtualClock(settings.clock_file)
        self.clock.set(NOW)

    def land(self, *lines: dict[str, Any], ago: int = 60) -> None:
        log = LandingLog(self.home, "web", FixedClock(self.clock.now()))
        at = self.clock.now() - timedelta(seconds=ago)
        log.append([json.dumps({**line, "timestamp": at.isoformat()}).encode() for line in lines], at)
        log.close()

    def wait(self, **span: float) -> None:
        self.clock.set(self.clock.now() + timedelta(**span))

    def run(self) -> dict[str, Any]:
        """A whole run, in a process of its own: the graph has an asset for each sync of the folder of definitions."""
        words = [sys.executable, "-m", "kith.cli.main", "run", "--format", "json"]
        done = subprocess.run(words, env=child_environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    def run_hot(self) -> hot.HotRun | None:
        self.wait(seconds=90)
        return hot.take_hot_run(self.settings, self.clock)

    def outbox(self) -> list[dict[str, Any]]:
        files = sorted((self.home.lake / "journeys").glob("*/outbox.parquet"))
        return [row for file in files for row in pq.read_table(file).to_pylist()]


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("hot")
    definitions = folder / "definitions"
    for kind in ("consent", "identity", "templates", "routing"):
        if (PROJECT / "activation" / "definitions" / kind).exists():
            shutil.copytree(PROJECT / "activation" / "definitions" / kind, definitions / kind)
    _lay(definitions)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"KITH_HOME": folder / "home", "KITH_DEFINITIONS": definitions}.items():
            patch.setenv(name, str(value))
        patch.setenv("KITH_CLOCK", "virtual")
        patch.setenv("KITH_SMTP_HOST", "127.0.0.1")
        patch.setenv("KITH_SMTP_PORT", "9")
        patch.setenv("KITH_SMTP_SENDER", "hello@shop.example")
        settings = load_settings()
        initialise(settings)
        house = House(settings)
        house.land(told("ann"), said("ann", "withdrawn"), did("Product Viewed", "ann"))
        house.run()
        yield house


def _lay(definitions: Path) -> None:
    (definitions / "campaigns").mkdir(parents=True)
    for name, event, purpose, holdout in (
        ("order_received", "Order Completed", "transactional", ""),
        ("welcome", "Signed Up", "marketing", "holdout: 0.01%\n"),
    ):
        text = _CAMPAIGN.format(name=name, event=event, purpose=purpose, holdout=holdout)
        (definitions / "campaigns" / f"{name}.yml").write_text(text)
    hello = definitions / "templates" / "hello"
    hello.mkdir(parents=True)
    (hello / "template.yml").write_text("description: A greeting.\ndefaults: {postal_address: 1 Street}\n")
    (hello / "subject.txt").write_text("Hello")
    for name in ("body.txt", "body.html"):
        (hello / name).write_text("Hello {{ unsubscribe_url }} {{ postal_address }}")


def told(user: str) -> dict[str, Any]:
    traits = {"email": f"{user}@example.com"}
    return {"type": "identify", "messageId": f"told-{user}", "userId": user, "traits": traits}


def said(user: str, status: str, number: int = 0) -> dict[str, Any]:
    consent = {"purpose": "marketing", "channel": "email", "status": status, "email": f"{user}@example.com"}
    return {**did("Consent Updated", user, number), "properties": consent}


def did(event: str, user: str, number: int = 0) -> dict[str, Any]:
    return {"type": "track", "event": event, "messageId": f"{event}-{user}-{number}", "userId": user}


def test_hot__plans_what_an_event_sets_off_for_somebody_new(settled: House) -> None:
    before = current_snapshot(settled.home)
    settled.land(told("bob"), said("bob", "granted"), did("Signed Up", "bob"), did("Order Completed", "bob"))
    done = settled.run_hot()
    assert done is not None
    rows = {row["journey"]: row for row in settled.outbox() if row["address"] == "bob@example.com"}
    assert {name: row["reason"] for name, row in rows.items()} == {"order_received": "", "welcome": ""}
    assert current_snapshot(settled.home) == before


def test_hot__obeys_a_word_of_consent_that_just_came(settled: House) -> None:
    settled.land(told("eve"), said("eve", "granted"), did("Product Viewed", "eve"))
    settled.run_hot()
    settled.land(said("eve", "withdrawn", 1), ago=61)
    settled.land(did("Signed Up", "eve"))
    settled.run_hot()
    found = [row["reason"] for row in settled.outbox() if row["address"] == "eve@example.com"]
    assert found == ["no_consent"]


def test_hot__reads_what_a_whole_run_would_have_published(
    settled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled.land(told("kim"), {**did("Product Viewed", "kim"), "anonymousId": "dev1"})
    settled.run_hot()
    settled.land({**did("Product Viewed", "", 7), "userId": None, "anonymousId": "dev2"})
    settled.run_hot()
    settled.land(
        {**did("Product Viewed", "kim", 8), "anonymousId": "dev2"}
    )  # the visitor turns out to be Kim
    kept: dict[str, list[str]] = {}

    def keep(_settings: Settings, run: Run) -> None:
        kept.update(_rows(settled, run.snapshot))

    monkeypatch.setattr(hot, "close_hot_run", keep)
    settled.run_hot()
    settled.run()
    present = current_snapshot(settled.home)
    assert present is not None
    whole = _rows(settled, present)
    for table in (
        "consents",
        "consent_history",
        "identities",
        "profile_aliases",
        "addresses",
        "profile_traits",
    ):
        assert kept[table] == whole[table], table
    assert set(kept["events"]) <= set(whole["events"])
    assert len(whole["events"]) - len(kept["events"]) <= 4  # what landed as the whole run began
    assert not (settled.home.hot / HOT_EVENTS).exists()


def _rows(house: House, snapshot: Any) -> dict[str, list[str]]:
    with Warehouse(house.settings) as warehouse:
        warehouse.attach_snapshot(snapshot)
        return {name: sorted(map(str, warehouse.rows(f"FROM {name}"))) for name in snapshot.tables()}


def test_hot__a_killed_one_is_made_good_by_the_next(settled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    settled.land(did("Order Completed", "ann", 5))
    monkeypatch.setattr("activation.journeys.planning.plan", _killed)
    with pytest.raises(KeyboardInterrupt):
        settled.run_hot()
    monkeypatch.undo()
    settled.run_hot()
    settled.run_hot()
    sent = [row for row in settled.outbox() if row["address"] == "ann@example.com"]
    assert [row["journey"] for row in sent] == ["order_received"]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_hot__makes_way_for_a_whole_run(settled: House) -> None:
    handle = take_turn(settled.home, GRAPH)
    before = latest_commit(settled.home, "events")
    try:
        with pytest.raises(Busy):
            settled.run_hot()
    finally:
        import os

        os.close(handle)
    assert latest_commit(settled.home, "events") == before


def test_hot__stops_where_segments_are_due(settled: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activation.segments.evaluation.is_due", lambda *_: True)
    with pytest.raises(hot.WholeRunDue):
        settled.run_hot()
    assert list(hot.hot_runs(settled.settings, settled.clock, 1, 5)) == []


def test_device_events__are_those_of_the_warehouse() -> None:
    macro = (PROJECT / "dbt" / "macros" / "addresses.sql").read_text()
    said = macro.split("macro address_gains")[1].split("macro is_address_failed")[0]
    listed = [line for line in said.splitlines() if line.strip().startswith("('")]
    assert {each for line in listed for each in line.split("'")[1::2]} == set(DEVICE_EVENTS)


def test_hot_sensor__starts_one_process() -> None:
    import dagster as dg

    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance)
        assert isinstance(automation.hot(context), dg.RunRequest)
        instance.create_run_for_job(automation.hot_job, status=dg.DagsterRunStatus.STARTED)
        assert isinstance(automation.hot(context), dg.SkipReason)
