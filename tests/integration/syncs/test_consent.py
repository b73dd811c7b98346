"""A consent that is withdrawn between the plan and the push, or between two batches, holds for what has not left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa

from activation.delivery.schema import CONSENT_NOW
from activation.syncs.running import Engine
from kith.landing import LandingLog
from kith.state import StateDatabase
from kith.times import format_instant, to_utc_naive
from tests.integration.syncs.sync_world import Sink, define, outcomes, publish, run

ASKED = {"purpose": "advertising", "channel": "ads"}
PEOPLE = 20


@pytest.fixture
def sink(monkeypatch):
    with Sink() as running:
        monkeypatch.setenv("KITH_SYNC_WEBHOOK_URL", running.url)
        yield running


@pytest.fixture
def world(settings, monkeypatch):
    return _world(settings, monkeypatch, batch_size=1)


def _world(settings, monkeypatch, batch_size: int):
    told = {"mode": "mirror", "fields": ["id", "orders"], "consent": ASKED}
    options = {"batch_size": batch_size, "receiver": "upserts"}
    return define(settings, monkeypatch, to="webhook", options=options, **told)


def show(world, clock, granted: Collection[int] = range(PEOPLE), orders: int = 1) -> None:
    """A snapshot in which these people granted, everybody known by a user id."""
    everybody = range(PEOPLE)
    publish(
        world,
        clock,
        {
            "people": [{"id": f"p{n:05d}", "orders": orders, "profile_id": f"p{n}"} for n in everybody],
            "consents": [{**ASKED, "profile_id": f"p{n}", "is_granted": n in granted} for n in everybody],
            "identities": [
                {"identifier_type": "user_id", "identifier_value": f"u{n}", "profile_id": f"p{n}"}
                for n in everybody
            ],
        },
    )


def say(home, clock, person: int, status: str, **properties) -> None:
    """What somebody says of advertising, as it lands."""
    event = {
        "type": "track",
        "event": "Consent Updated",
        "messageId": f"{status} {person} {clock.now()} {properties}",
        "userId": f"u{person}",
        "timestamp": format_instant(clock.now()),
        "properties": {**ASKED, "status": status, **properties},
    }
    LandingLog(home, "web", clock).append([orjson.dumps(event)])


def state(home, clock, person: int, is_granted: str) -> None:
    """What a page's consent object says of advertising."""
    event = {
        "type": "track",
        "event": "Page Viewed",
        "messageId": f"page {person} {is_granted}",
        "userId": f"u{person}",
        "timestamp": format_instant(clock.now()),
        "context": {"consent": {"categoryPreferences": {"Advertising": is_granted}}},
    }
    LandingLog(home, "web", clock).append([orjson.dumps(event)])


def withheld(world) -> set[tuple[str, str]]:
    return {
        (row["row_key"], row["outcome"]) for row in outcomes(world) if row["detail"] == "consent_withdrawn"
    }


def test_push__leaves_out_who_withdrew_since_the_snapshot(world, home, clock, sink):
    show(world, clock)
    say(home, clock, 3, "withdrawn")
    say(home, clock, 5, "withdrawn", purpose="marketing")
    state(home, clock, 7, "false")
    say(home, clock, 7, "withdrawn", messageId="again")
    state(home, clock, 7, "true")
    state(home, clock, 8, "true")
    report = run(world, clock)
    assert report.outcomes == {"accepted": PEOPLE - 2, "skipped": 2}
    assert withheld(world) == {("p00003", "skipped"), ("p00007", "skipped")}
    assert {"p00003", "p00007"}.isdisjoint(sink.rows)


def test_push__of_a_larger_batch_all_others_go(settings, monkeypatch, home, clock, sink):
    world = _world(settings, monkeypatch, batch_size=10)
    show(world, clock)
    for person in (3, 4, 12):
        say(home, clock, person, "withdrawn")
    run(world, clock)
    left_out = {"p00003", "p00004", "p00012"}
    assert {key for key, _outcome in withheld(world)} == left_out
    assert set(sink.rows) == {f"p{n:05d}" for n in range(PEOPLE)} - left_out


def test_push__a_grant_after_the_withdrawal_counts(world, home, clock, sink):
    show(world, clock)
    say(home, clock, 3, "withdrawn")
    say(home, clock, 3, "granted")
    assert run(world, clock).outcomes == {"accepted": PEOPLE}


def test_push__asks_again_before_each_batch(world, home, clock, sink):
    show(world, clock)
    say(home, clock, PEOPLE - 1, "withdrawn")
    said: list[int] = []

    def hear(_count: int) -> None:
        if not said:
            said.append(1)
            for person in range(PEOPLE - 1):
                say(home, clock, person, "withdrawn")

    Engine(world, clock, pause=lambda seconds: None, told=hear).run("people")
    assert sink.rows
    assert len(sink.rows) + len(withheld(world)) == PEOPLE
    assert len(withheld(world)) > 1


def test_push__believes_what_delivery_learned_since_the_snapshot(world, home, clock, sink):
    show(world, clock)
    row = {
        "identifier_type": "user_id", "identifier_value": "u4", **ASKED, "is_granted": False, "event_id": "e",
        "effective_at": to_utc_naive(clock.now()), "legal_basis": "consent", "evidence": "",
    }  # fmt: skip
    database = StateDatabase.open(world)
    with database.begin() as connection:
        connection.execute(sa.insert(CONSENT_NOW).values(row))
    database.close()
    run(world, clock)
    assert withheld(world) == {("p00004", "skipped")}


def test_push__who_grants_again_is_new_once_more(world, home, clock, sink):
    show(world, clock)
    say(home, clock, 3, "withdrawn")
    run(world, clock)
    show(world, clock, granted=[n for n in range(PEOPLE) if n != 3])
    assert run(world, clock).state == "unchanged"
    say(home, clock, 3, "granted")
    show(world, clock)
    assert run(world, clock).outcomes == {"accepted": 1}
    assert "p00003" in sink.rows


def test_push__who_was_there_already_leaves_with_the_next_run(world, home, clock, sink):
    show(world, clock)
    run(world, clock)
    show(world, clock, orders=2)
    say(home, clock, 3, "withdrawn")
    run(world, clock)
    assert sink.rows["p00003"]["orders"] == 1
    show(world, clock, granted=[n for n in range(PEOPLE) if n != 3], orders=2)
    run(world, clock)
    assert "p00003" not in sink.rows


def test_push__a_removal_goes_whoever_withdrew(world, home, clock, sink):
    show(world, clock)
    run(world, clock)
    show(world, clock, granted=range(1, PEOPLE))
    say(home, clock, 0, "withdrawn")
    assert run(world, clock).outcomes == {"accepted": 1}
    assert "p00000" not in sink.rows


def test_push__of_a_lost_answer_is_in_doubt_and_taken_back(world, home, clock, sink):
    show(world, clock)
    sink.answers = [(500, {}, {})] * PEOPLE
    said: list[int] = []

    def rest(_seconds: float) -> None:
        if not said:
            said.append(1)
            say(home, clock, 3, "withdrawn")

    report = Engine(world, clock, pause=rest).run("people")
    assert report.outcomes == {"accepted": PEOPLE - 1, "unknown": 1}
    assert withheld(world) == {("p00003", "unknown")}
    show(world, clock, granted=[n for n in range(PEOPLE) if n != 3])
    assert run(world, clock).outcomes == {"accepted": 1}
    assert sink.removed == {"p00003": 1}


def test_push__of_an_older_plan_asks_the_present_snapshot(world, home, clock, sink, monkeypatch):
    show(world, clock)
    with Sink() as refusing:
        refusing.answers = [(401, {}, {})] * PEOPLE
        monkeypatch.setenv("KITH_SYNC_WEBHOOK_URL", refusing.url)
        assert run(world, clock).state == "unfinished"
    monkeypatch.setenv("KITH_SYNC_WEBHOOK_URL", sink.url)
    clock.set(clock.now() + timedelta(hours=1))
    show(world, clock, granted=range(1, PEOPLE))
    run(world, clock)
    assert withheld(world) == {("p00000", "unknown")}
    assert set(sink.effects) == {f"p{n:05d}" for n in range(1, PEOPLE)}
