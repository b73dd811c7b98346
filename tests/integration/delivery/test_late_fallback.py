"""RCS that nobody got in time is taken back and goes by text, once, whatever the receipts do meanwhile."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from activation.delivery import late_fallback
from activation.delivery.balance import balance
from activation.delivery.receipt_tables import RECEIPTS
from activation.delivery.worker import deliver
from kith.clock import VirtualClock
from kith.errors import KithError
from kith.state import StateDatabase
from sandbox.emulation import Habit
from sandbox.vendors import rcs as rcs_vendor
from tests.integration.delivery import delivery_world
from tests.integration.delivery.delivery_world import consent_event, land, ledger_rows, outcomes, plan, until

ON, OFF = "+12025550101", "+12025550202"
PARTS = {"sms.txt": "Hi {{ first_name }}: shop.example", "rcs.txt": "Hi {{ first_name }}"}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def vendors(api, vendor, monkeypatch):
    monkeypatch.setattr(delivery_world, "TEMPLATE", {**delivery_world.TEMPLATE, **PARTS})
    rcs, texts = vendor("rcs"), vendor("twilio")
    habit = Habit(is_away=lambda number: number == OFF)
    monkeypatch.setattr(rcs.office("rcs"), "habit", habit)
    return rcs, texts


def lay(world, clock, numbers=(ON, OFF), channels=("rcs", "sms")) -> list[str]:
    found = []
    for number in numbers:
        for channel in channels:
            event = consent_event(number, "granted", clock.now() - timedelta(days=1), channel)
            told = {"purpose": "marketing", "channel": channel, "status": "granted", "phone": number}
            land(world, clock, [{**event, "userId": f"u{number}", "properties": told}])
        identifiers = json.dumps([["user_id", f"u{number}"], ["phone", number]])
        found += plan(world, [number], clock.now(), channel="rcs", identifiers=identifiers)
    return found


def send(api, clock, after: timedelta = timedelta(0)) -> None:
    """The clock moves on, for us and for the API, and a worker does what is due."""
    clock.set(clock.now() + after)
    VirtualClock(api.clock_file).set(clock.now())
    deliver(api, clock, wait=lambda _seconds: None)


def texted(texts) -> Counter[str]:
    return Counter(row["to"] for row in texts.office("twilio").account.rows("message"))


def settled(emulation) -> None:
    """Every call-back was answered, each with yes."""
    until(lambda: emulation.caller.open_calls == 0)
    assert set(emulation.caller.told) <= {200}


def test_late__goes_by_text_once_and_only_where_nobody_got_it(world, api, vendors, clock) -> None:
    rcs, texts = vendors
    lay(world, clock)
    send(api, clock)
    settled(rcs)
    send(api, clock, 14 * MINUTE)
    assert rcs.office("rcs").account.count("revocation") == 0
    send(api, clock, 2 * MINUTE)
    assert [row["to"] for row in rcs.office("rcs").account.rows("revocation")] == [OFF]
    assert texted(texts) == Counter(), "a receipt may still be on its way"
    send(api, clock, 2 * MINUTE)
    assert texted(texts) == Counter([OFF])
    for _ in range(3):
        send(api, clock, 20 * MINUTE)
    assert texted(texts) == Counter([OFF])
    assert rcs.office("rcs").account.count("revocation") == 1
    assert outcomes(api) == Counter(accepted=2)
    assert balance(api).is_balanced
    rcs_vendor.come_back(rcs.office("rcs"), OFF)
    settled(rcs)
    assert outcomes(api) == Counter(accepted=2)


def test_late__that_was_delivered_after_all_sends_no_text(world, api, vendors, clock) -> None:
    """The phone took it as we took it back: Google tells DELIVERED behind its yes."""
    rcs, texts = vendors
    (message_id,) = lay(world, clock, [OFF])
    send(api, clock)
    send(api, clock, 16 * MINUTE)
    assert ledger_rows(api)[message_id].channel == "sms"
    office = rcs.office("rcs")
    (row,) = office.account.rows("message")
    event = {"senderPhoneNumber": OFF, "eventType": "DELIVERED", "messageId": row["key"]}
    rcs_vendor._Rcs(office).tell(event)
    settled(rcs)
    until(lambda: ledger_rows(api)[message_id].outcome == "accepted")
    send(api, clock, 5 * MINUTE)
    assert texted(texts) == Counter()
    found = ledger_rows(api)[message_id]
    assert (found.channel, found.provider, found.detail) == ("rcs", "google", "receipt")


def test_late__receipt_behind_the_text_is_told_of_the_channel_it_came_by(world, api, vendors, clock) -> None:
    rcs, texts = vendors
    (message_id,) = lay(world, clock, [OFF])
    send(api, clock)
    send(api, clock, 16 * MINUTE)
    send(api, clock, 2 * MINUTE)
    office = rcs.office("rcs")
    (row,) = office.account.rows("message")
    event = {"senderPhoneNumber": OFF, "eventType": "READ", "messageId": row["key"]}
    rcs_vendor._Rcs(office).tell(event)
    settled(rcs)
    until(lambda: "Message Opened" in {each["event"] for each in told(api)})
    opened = next(each for each in told(api) if each["event"] == "Message Opened")
    assert (opened["properties"]["channel"], opened["properties"]["message_id"]) == ("rcs", message_id)
    assert ledger_rows(api)[message_id].channel == "sms"
    send(api, clock, 30 * MINUTE)
    assert texted(texts) == Counter([OFF])


def told(settings) -> list[dict]:
    from kith.lake import Home

    return list(delivery_world.landed_events(Home(settings.home), "receipts").values())


def test_late__without_leave_for_the_next_channel_stays(world, api, vendors, clock) -> None:
    rcs, texts = vendors
    lay(world, clock, [OFF], channels=("rcs",))
    send(api, clock)
    send(api, clock, 20 * MINUTE)
    assert rcs.office("rcs").account.count("revocation") == 0
    assert outcomes(api) == Counter(accepted=1)
    assert texted(texts) == Counter()


def test_late__is_taken_back_again_after_a_crash_and_sent_once(
    world, api, vendors, clock, monkeypatch
) -> None:
    rcs, texts = vendors
    lay(world, clock, [OFF])
    send(api, clock)
    with monkeypatch.context() as patched:
        patched.setattr(late_fallback.LateFallback, "_reopen", _dies)
        with pytest.raises(SystemError):
            send(api, clock, 16 * MINUTE)
    send(api, clock, MINUTE)
    send(api, clock, 2 * MINUTE)
    assert rcs.office("rcs").account.count("revocation") == 2
    assert texted(texts) == Counter([OFF])


def test_late__that_is_looked_at_for_ever_is_sent_once(world, api, vendors, clock, monkeypatch) -> None:
    """As if each look died before it noted how far it had come."""
    monkeypatch.setattr(late_fallback.LateFallback, "_stretch", _from_the_start)
    rcs, texts = vendors
    lay(world, clock, [OFF])
    for minutes in (0, 16, 2, 20, 20):
        send(api, clock, minutes * MINUTE)
        settled(texts)
        forget_receipts(api)
    assert rcs.office("rcs").account.count("revocation") == 1
    assert texted(texts) == Counter([OFF])


def test_late__waits_where_the_vendor_cannot_be_told(world, api, vendors, clock, monkeypatch) -> None:
    _, texts = vendors
    lay(world, clock, [OFF])
    send(api, clock)
    with monkeypatch.context() as patched:
        patched.setenv("KITH_RCS_BASE_URL", "http://127.0.0.1:9")
        send(api, clock, 16 * MINUTE)
    assert outcomes(api) == Counter(accepted=1)
    send(api, clock, 5 * MINUTE)
    send(api, clock, 2 * MINUTE)
    assert texted(texts) == Counter([OFF])


def test_table__refuses_a_span_that_no_phone_could_keep(world, clock) -> None:
    folder = world.definitions / "routing"
    folder.mkdir(parents=True)
    (folder / "rcs.yml").write_text("name: rcs\nundelivered_after: 5s\n")
    with pytest.raises(KithError, match="a minute at least"):
        deliver(world, clock)


def _dies(*_: object) -> None:
    raise SystemError("killed")


def _from_the_start(looking: late_fallback.LateFallback, channel: str, until: datetime) -> range:
    """All of the log, once a look."""
    looks = vars(looking).setdefault("looks", set())
    if looking.clock.now() in looks:
        return range(0)
    looks.add(looking.clock.now())
    return range(1, 1_000)


def forget_receipts(settings) -> None:
    database = StateDatabase.open(settings)
    with database.begin() as connection:
        connection.execute(RECEIPTS.delete())
    database.close()
