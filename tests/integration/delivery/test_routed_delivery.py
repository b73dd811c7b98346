"""From the outbox over two channels and three vendors and back: emulated vendors, the real API, signed call-backs."""

import json
from collections import Counter

import pytest
import sqlalchemy as sa

from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.dead_letters import trace
from activation.delivery.receipt_tables import RECEIPTS
from activation.delivery.worker import deliver
from kith.lake import Home
from kith.landing import Cursor, tail
from kith.state import StateDatabase
from sandbox.emulation import Emulation, Fault, Faults
from sandbox.vendors import twilio
from tests.integration.delivery import delivery_world
from tests.integration.delivery.delivery_world import land, outcomes, plan, until

WITH_RCS = [f"+1202555{number:04d}" for number in range(100, 106)]
WITHOUT = [f"+1202555{number:04d}" for number in range(200, 206)]
PARTS = {"sms.txt": "Hi {{ first_name }}: shop.example", "rcs.txt": "Hi {{ first_name }}"}


@pytest.fixture
def planned(world, clock, monkeypatch):
    """planned(channel, numbers) lays messages for people who said yes to both channels; answers their ids."""
    monkeypatch.setattr(delivery_world, "TEMPLATE", {**delivery_world.TEMPLATE, **PARTS})

    def lay(channel: str, numbers: list[str], agreed=("rcs", "sms")) -> list[str]:
        land(world, clock, [_yes(number, each, clock) for number in numbers for each in agreed])
        found = []
        for number in numbers:
            identifiers = json.dumps([["user_id", f"u{number}"], ["phone", number]])
            found += plan(world, [number], clock.now(), channel=channel, identifiers=identifiers)
        return found

    return lay


def _yes(number: str, channel: str, clock) -> dict:
    event = delivery_world.consent_event(number, "granted", clock.now(), channel)
    told = {"purpose": "marketing", "channel": channel, "status": "granted", "phone": number}
    return {**event, "userId": f"u{number}", "properties": told}


def _told(settings) -> list[dict]:
    batches, _ = tail(Home(settings.home), Cursor())
    return [json.loads(line) for batch in batches if batch.source == "receipts" for line in batch.lines]


def _receipts(settings) -> Counter:
    database = StateDatabase.open(settings)
    with database.read() as connection:
        found = Counter((row.plugin, row.status) for row in connection.execute(sa.select(RECEIPTS)))
    database.close()
    return found


def _taken(emulation: Emulation, name: str) -> Counter:
    return Counter(row["to"] for row in emulation.office(name).account.rows("message"))


def test_routing__who_has_no_rcs_gets_a_text_once_and_what_became_of_it_comes_back(
    api, vendor, planned, clock
):
    rcs, texts = vendor("rcs", refused=WITHOUT), vendor("twilio")
    ids = planned("rcs", [*WITH_RCS, *WITHOUT])
    deliver(api, clock)
    assert outcomes(api) == Counter(accepted=12)
    assert _taken(rcs, "rcs") == Counter(WITH_RCS)
    assert _taken(texts, "twilio") == Counter(WITHOUT)
    until(
        lambda: (
            _receipts(api)["sms_twilio", "delivered"] == 6 and _receipts(api)["rcs_google", "delivered"] == 6
        )
    )
    events = {
        event["properties"]["message_id"]: event
        for event in _told(api)
        if "message_id" in event["properties"]
    }
    assert set(events) == set(ids)
    assert Counter(event["event"] for event in events.values()) == {
        "Message Delivered": 6,
        "SMS Delivered": 6,
    }
    way = [(row["what"], row["channel"], row["provider"]) for row in trace(api, ids[-1])]
    assert way[0] == ("planned", "rcs", "")
    assert way[1][1:] == ("rcs", "google")
    assert ("outcome", "sms", "twilio") in way
    assert "delivered" in {what for what, _, _ in way}


def test_routing__a_stop_by_text_holds_for_the_next_message(api, vendor, planned, clock):
    texts = vendor("twilio")
    planned("sms", WITH_RCS[:2])
    deliver(api, clock)
    twilio.reply(texts.office("twilio"), WITH_RCS[0], "Stop.")
    until(lambda: _receipts(api)["sms_twilio", "replied"] + _receipts(api)["sms_twilio", "unsubscribed"] == 1)
    database = StateDatabase.open(api)
    ConsentFeed(api, database).catch_up()
    database.close()
    clock.set(clock.now() + delivery_world.timedelta(hours=1))
    for number in WITH_RCS[:2]:
        identifiers = json.dumps([["user_id", f"u{number}"], ["phone", number]])
        plan(api, [number], clock.now(), channel="sms", identifiers=identifiers)
    deliver(api, clock)
    assert outcomes(api) == Counter(accepted=3, suppressed=1)
    assert _taken(texts, "twilio") == Counter({WITH_RCS[0]: 1, WITH_RCS[1]: 2})


def test_routing__a_vendor_that_fails_is_left_for_the_other_and_nobody_gets_two(api, vendor, planned, clock):
    ill, well = vendor("twilio", faults=Faults({Fault.UNAVAILABLE: 1.0})), vendor("vonage")
    planned("sms", [*WITH_RCS, *WITHOUT])
    for _ in range(6):
        deliver(api, clock)
        clock.set(clock.now() + delivery_world.timedelta(minutes=20))
    assert outcomes(api) == Counter(accepted=12)
    together = _taken(ill, "twilio") + Counter(
        f"+{number.lstrip('+')}" for number in _taken(well, "vonage").elements()
    )
    assert together == Counter([*WITH_RCS, *WITHOUT])
    assert not _taken(ill, "twilio")


def test_routing__a_lost_answer_is_looked_up_where_it_was_asked_and_nobody_gets_two(
    api, vendor, planned, clock
):
    cut, other = vendor("twilio", faults=Faults({Fault.CUT: 0.4})), vendor("vonage")
    planned("sms", [*WITH_RCS, *WITHOUT])
    for _ in range(10):
        deliver(api, clock)
        clock.set(clock.now() + delivery_world.timedelta(minutes=20))
    assert outcomes(api) == Counter(accepted=12)
    assert cut.faults.met[Fault.CUT] > 0
    elsewhere = Counter(f"+{number.lstrip('+')}" for number in _taken(other, "vonage").elements())
    assert _taken(cut, "twilio") + elsewhere == Counter([*WITH_RCS, *WITHOUT])


def test_routing__nobody_falls_back_to_a_channel_that_they_did_not_agree_to(api, vendor, planned, clock):
    vendor("rcs", refused=WITHOUT)
    texts = vendor("twilio")
    (message_id,) = planned("rcs", WITHOUT[:1], agreed=("rcs",))
    deliver(api, clock)
    assert outcomes(api) == Counter(rejected=1)
    assert not _taken(texts, "twilio")
    assert trace(api, message_id)[-1]["channel"] == "rcs"
