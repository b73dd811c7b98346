"""Events of a slice: which, whose, and since when we know of them."""

from __future__ import annotations

from datetime import UTC

import pytest

from activation.journeys.history import EVER, Needs, identity_before
from kith.settings import Settings
from tests.unit.journeys.history.world import DAY, HOUR, NOON, Past, naive, person

ORDERED = Needs(events=frozenset({"Order Completed"}))


@pytest.fixture
def past(settings: Settings) -> Past:
    world = Past(settings)
    world.know("ada")
    return world


def test_events__of_a_slice_begin_at_it_and_end_before_its_end(past: Past) -> None:
    for at in (NOON - 1, NOON, NOON + DAY - 1, NOON + DAY):
        past.say("ada", "Order Completed", at)
    past.say("ada", "Product Viewed", NOON)
    facts = past.lay(NOON, NOON + DAY, ORDERED)
    assert facts.rows("SELECT effective_at, person FROM facts_events ORDER BY ALL") == [
        (NOON, person("ada")),
        (NOON + DAY - 1, person("ada")),
    ]


def test_events__that_counted_from_when_we_learned_of_them_are_late(past: Past) -> None:
    past.say("ada", "Order Completed", NOON + HOUR, happened=NOON - DAY)
    past.say("ada", "Order Completed", NOON + HOUR)
    past.say("ada", "Order Completed", NOON + HOUR, happened=NOON + DAY)  # from the future
    facts = past.lay(NOON, NOON + DAY, ORDERED)
    assert facts.rows("SELECT event_id, is_late FROM facts_events ORDER BY ALL") == [
        ("e0", True),
        ("e1", False),
        ("e2", False),
    ]


def test_events__of_machines_and_of_nobody_are_left_out(past: Past) -> None:
    past.say("ada", "Order Completed", NOON, is_machine=True)
    past.say("stranger", "Order Completed", NOON)
    assert past.lay(NOON, NOON + DAY, ORDERED).rows("SELECT * FROM facts_events") == []


def test_events__bear_the_properties_that_are_asked_for_and_the_message(past: Past) -> None:
    message = "0cc175b9c0f1b6a831c399e269772661"
    asked = {"price": 3, "cart": {"id": "c"}, "message_id": message}
    past.say("ada", "Order Completed", NOON, properties={**asked, "much": "x" * 1000})
    needs = Needs(events=ORDERED.events, properties={"Order Completed": frozenset({"price", "cart"})})
    ((properties, told),) = past.lay(NOON, NOON + DAY, needs).rows(
        "SELECT properties, replace(CAST(message_id AS VARCHAR), '-', '') FROM facts_events"
    )
    assert properties == '{"cart":{"id":"c"},"price":3}'
    assert told == message


def test_past_events__reach_back_as_far_as_each_condition_and_end_where_the_slice_begins(past: Past) -> None:
    for at in (NOON - 10 * DAY, NOON - DAY, NOON - 1, NOON):
        for event in ("Product Viewed", "Email Opened"):
            past.say("ada", event, at)
    needs = Needs(look_backs={"Product Viewed": DAY, "Email Opened": EVER})
    facts = past.lay(NOON, NOON + DAY, needs)
    seen = facts.rows(f"SELECT event, effective_at - {NOON} FROM facts_past_events ORDER BY ALL")
    assert seen == [
        ("Email Opened", -10 * DAY),
        ("Email Opened", -DAY),
        ("Email Opened", -1),
        ("Product Viewed", -DAY),
        ("Product Viewed", -1),
    ]
    assert facts.rows("SELECT event FROM facts_events ORDER BY ALL") == [
        ("Email Opened",),
        ("Product Viewed",),
    ]


def test_events__of_the_past_belong_to_whom_a_run_of_the_time_took_them_for(past: Past) -> None:
    past.know("bob", of="ada", since=NOON + DAY)
    past.say("bob", "Order Completed", NOON + HOUR)
    past.resolve(NOON, {"ada": "ada", "bob": "bob"})
    past.resolve(NOON + 2 * DAY, {"ada": "ada", "bob": "ada"})
    for end, owner in ((NOON + DAY, "bob"), (NOON + 2 * DAY, "ada")):
        known = identity_before(past.settings, naive(end).replace(tzinfo=UTC))
        facts = past.lay(NOON, end, ORDERED, identity=known)
        assert facts.rows("SELECT person FROM facts_events") == [(person(owner),)]
    facts = past.lay(NOON, NOON + 2 * DAY, ORDERED)
    assert facts.rows("SELECT person FROM facts_events") == [(person("ada"),)]
    assert facts.rows("SELECT alias, person FROM facts_aliases") == [(person("bob"), person("ada"))]
