"""A push over a real vendor: an app that was removed costs the token its place, and its person gets a mail, once."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import pytest

from activation.delivery import projections
from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.export import export_ledger
from activation.delivery.schema import SUPPRESSION
from activation.delivery.worker import deliver
from kith.registry import plugin
from kith.state import StateDatabase
from sandbox.emulation import Emulation, Habit, Vendor
from tests.integration.delivery import delivery_world
from tests.integration.delivery.delivery_world import (
    consent_event,
    land,
    landed_events,
    ledger_rows,
    outcomes,
    plan,
)

THERE, GONE = "fcm:there", "fcm:gone"
PARTS = {"push.yml": "title: Hello\ntext: 'Hi {{ first_name }}'\n"}


@pytest.fixture
def devices(world, tmp_path, clock, monkeypatch):
    habit = Habit(refuses=lambda address: address == GONE)
    served = {"fcm": plugin("sandbox.vendors", "fcm", Vendor)}
    with Emulation(served, tmp_path / "vendors", clock, habit=habit) as emulation:
        for variable, value in emulation.settings.items():
            monkeypatch.setenv(variable, value)
        yield emulation


def lay(world, clock, monkeypatch, tokens=(THERE, GONE)) -> list[str]:
    monkeypatch.setattr(delivery_world, "TEMPLATE", {**delivery_world.TEMPLATE, **PARTS})
    found = []
    for token in tokens:
        address = f"of-{token[4:]}@shop.example"
        events = [
            consent_event(address, "granted", clock.now() - timedelta(days=1), channel)
            for channel in ("email", "push")
        ]
        for event, channel in zip(events, ("email", "push"), strict=True):
            event["properties"]["channel"] = channel
        land(world, clock, events)
        identifiers = json.dumps([["email", address], ["user_id", f"u-{address}"]])
        found += plan(world, [token], clock.now(), channel="push", identifiers=identifiers)
    return found


def test_push__to_a_removed_app_goes_on_by_mail_and_is_told(
    world, home, clock, devices, sink, monkeypatch
) -> None:
    there, gone = lay(world, clock, monkeypatch)
    deliver(world, clock, wait=lambda _seconds: None)
    assert outcomes(world) == Counter(accepted=2)
    assert [row["to"] for row in devices.office("fcm").account.rows("message")] == [THERE]
    assert sink.counts() == Counter({gone: 1})
    assert [ledger_rows(world)[each].channel for each in (there, gone)] == ["push", "email"]
    export_ledger(world, None, clock)
    told = {event["event"]: event["properties"] for event in landed_events(home, "delivery").values()}
    moved = told["Message Moved"]
    assert (moved["message_id"], moved["channel"], moved["fcm_token"]) == (gone, "push", GONE)
    assert moved["suppress_after"] == 1


def test_push__a_dead_token_stays_suppressed_when_all_is_rebuilt_from_the_events(
    world, home, clock, devices, sink, monkeypatch
) -> None:
    lay(world, clock, monkeypatch)
    deliver(world, clock, wait=lambda _seconds: None)
    export_ledger(world, None, clock)
    database = StateDatabase.open(world)
    with database.begin() as connection:
        listed = connection.execute(SUPPRESSION.select()).all()
        projections.clear(connection)
    feed = ConsentFeed(world, database)
    feed.rebuild()
    with database.begin() as connection:
        assert connection.execute(SUPPRESSION.select()).all() == listed
    assert len(listed) == 1
    database.close()
    clock.set(clock.now() + timedelta(days=1))
    (again,) = lay(world, clock, monkeypatch, [GONE])
    deliver(world, clock, wait=lambda _seconds: None)
    assert ledger_rows(world)[again].outcome == "suppressed"
    assert len(devices.office("fcm").account.rows("message")) == 1
