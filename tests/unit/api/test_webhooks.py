"""Vendors' calls: believed by their signature, kept before they hear yes, counted once, about the right person."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from activation.channels.contract import (
    BadSignature,
    Capabilities,
    ChannelPlugin,
    Inbound,
    Reading,
    Receipt,
    Status,
    Unread,
)
from activation.delivery.consent_feed import ConsentFeed
from activation.delivery.receipt_tables import RECEIPTS
from activation.delivery.receipts import _Found, _note
from activation.delivery.schema import CONSENT_NOW, LEDGER, LEDGER_LOG, SUPPRESSION
from activation.delivery.vendor_health import read_health
from api.app import create_app
from api.guards import WEBHOOK_LIMIT
from api.routers import webhooks
from kith.ids import stable_id
from kith.landing import Cursor, tail
from kith.state import StateDatabase

ID = stable_id("pager", "somebody")
PHONE = "+4915112345678"
SECRET = b"only the vendor knows"


def _read(inbound: Inbound) -> Reading:
    """A vendor that signs body and address, and tells receipts as their own fields."""
    signed = hmac.new(SECRET, inbound.url.encode() + inbound.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signed, inbound.headers.get("x-signature", "")):
        raise BadSignature("no")
    receipts, unread = [], []
    for row in json.loads(inbound.body):
        if "status" not in row:
            unread.append(Unread("unknown_kind", json.dumps(row)))
            continue
        row = {"at": inbound.received_at.isoformat(), **row, "status": Status(row["status"])}
        row["at"] = datetime.fromisoformat(row["at"])
        if "cost" in row:
            row["cost"] = Decimal(row["cost"])
        receipts.append(Receipt(**row))
    return Reading(receipts, unread, 202, b"thanks", "text/plain")


PAGER = ChannelPlugin(
    "sms", "pager", Capabilities(frozenset({"text"})), lambda: None, address_type="phone", read=_read
)  # type: ignore[arg-type]


def ledger_row(clock, **changed) -> dict:
    texts = ("journey_version", "enrolment_id", "profile_id", "template_version", "locale")
    return {
        **dict.fromkeys(texts, "x"),
        "message_id": ID,
        "journey": "winback",
        "step_id": "offer",
        "channel": "sms",
        "purpose": "marketing",
        "template": "hello",
        "address": PHONE,
        "variables": "{}",
        "identifiers": json.dumps([["user_id", "u1"], ["phone", PHONE]]),
        **dict.fromkeys(("decided_at", "not_after", "due_at", "loaded_at"), clock.now()),
        "is_transactional": False,
        "lane": 1,
        "state": "done",
        "attempts": 1,
        "is_uncertain": False,
        "outcome": "accepted",
        "reason": "",
        "detail": "",
        **changed,
    }


def log_row(clock, **changed) -> dict:
    empty = dict.fromkeys(("reason", "detail", "provider_code"), "")
    return {
        **empty,
        "message_id": ID,
        "kind": "outcome",
        "outcome": "accepted",
        "channel": "sms",
        "provider": "pager",
        "provider_message_id": "theirs-1",
        "attempt": 1,
        "is_uncertain": False,
        "suppress_after": 0,
        "at": clock.now(),
        **changed,
    }


@pytest.fixture
def database(settings):
    opened = StateDatabase.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def client(settings, clock, database, monkeypatch):
    with database.begin() as connection:
        connection.execute(LEDGER.insert().values(ledger_row(clock)))
        connection.execute(LEDGER_LOG.insert().values(log_row(clock)))
    vendors = {"sms_pager": PAGER}
    monkeypatch.setattr(webhooks, "plugin_names", lambda _package: tuple(vendors))
    monkeypatch.setattr(webhooks, "find_plugin", lambda _package, name, _contract: vendors[name])
    with TestClient(create_app(settings, clock), raise_server_exceptions=True) as running:
        yield running


@pytest.fixture
def tell(client, settings):
    """A function that calls as the vendor would, signed for the public address."""

    def call(*rows, path="/webhooks/sms_pager?a=1&b=%2F", signature=None, method="POST"):
        body = json.dumps(rows).encode()
        signed = hmac.new(
            SECRET, settings.public_url.encode() + path.encode() + body, hashlib.sha256
        ).hexdigest()
        headers = {"X-Signature": signature or signed}
        return client.request(method, path, content=body, headers=headers)

    return call


@pytest.fixture
def landed(home):
    def read(source: str = "receipts") -> list[dict]:
        batches, _ = tail(home, Cursor())
        return [json.loads(line) for batch in batches if batch.source == source for line in batch.lines]

    return read


def rows_of(database, table) -> list[dict]:
    with database.read() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def test_webhook__a_receipt_becomes_the_spec_s_event_about_the_message(tell, landed):
    answer = tell({"event_id": "1", "status": "delivered", "provider_message_id": "theirs-1"})
    assert (answer.status_code, answer.text) == (202, "thanks")
    (event,) = landed()
    assert (event["event"], event["userId"]) == ("SMS Delivered", "u1")
    told = event["properties"]
    assert (told["message_id"], told["campaign"], told["provider"]) == (ID, "winback", "pager")


def test_webhook__a_wrong_signature_is_refused_and_nothing_is_kept(tell, landed, database):
    row = {"event_id": "1", "status": "unsubscribed", "message_id": ID}
    assert tell(row, signature="0" * 64).status_code == 403
    good = hmac.new(SECRET, b"http://elsewhere.example/", hashlib.sha256).hexdigest()
    assert tell(row, signature=good).status_code == 403
    assert landed() == []
    assert rows_of(database, RECEIPTS) == []


def test_webhook__only_vendors_that_tell_have_an_address(client):
    assert client.post("/webhooks/nobody").status_code == 404
    assert client.post("/webhooks/..%2Fcontract").status_code == 404


def test_webhook__told_twice_it_counts_once(tell, landed, database, clock):
    row = {"event_id": "1", "status": "delivered", "message_id": ID}
    for _ in range(3):
        assert tell(row, row).status_code == 202
    assert len(landed()) == 1
    assert len(rows_of(database, RECEIPTS)) == 1
    with database.read() as connection:
        assert read_health(connection, "sms", clock.now())["pager"].delivered == 1


def test_webhook__two_calls_at_once_that_tell_the_same_are_noted_once(database, clock):
    receipt = Receipt("1", Status.DELIVERED, clock.now(), message_id=ID)
    found = [_Found(receipt, "e" * 32, None)]
    with database.begin() as connection:
        assert _note(connection, "sms_pager", found, clock.now()) == found
        assert _note(connection, "sms_pager", found, clock.now()) == [], "whoever comes second adds nothing"


def test_webhook__after_a_crash_before_the_note_the_event_keeps_its_name(tell, landed, database):
    row = {"event_id": "1", "status": "delivered", "message_id": ID}
    tell(row)
    with database.begin() as connection:
        connection.execute(RECEIPTS.delete())
    tell(row)
    assert len({event["messageId"] for event in landed()}) == 1


def test_webhook__one_odd_row_costs_none_of_the_others(tell, landed):
    answer = tell(
        {"what": "is this"},
        {"event_id": "1", "status": "delivered", "provider_message_id": "nobody's"},
        {"event_id": "2", "status": "delivered", "message_id": ID},
    )
    assert answer.status_code == 202
    assert [event["event"] for event in landed()] == ["SMS Delivered"]
    aside = landed("unread_receipts")
    assert [each["detail"] for each in aside] == ["unknown_kind", "unknown_message"]
    assert all(each["type"] not in ("track", "identify") for each in aside), "compaction sets it aside"


def test_webhook__a_vendor_s_id_leads_to_its_own_messages_alone(tell, landed, database, clock):
    other = stable_id("another")
    with database.begin() as connection:
        connection.execute(LEDGER.insert().values(ledger_row(clock, message_id=other)))
        connection.execute(
            LEDGER_LOG.insert().values(
                log_row(clock, message_id=other, provider="other", provider_message_id="theirs-2")
            )
        )
    tell({"event_id": "1", "status": "delivered", "provider_message_id": "theirs-2"})
    assert landed() == []


def test_webhook__stop_holds_for_the_next_batch_and_for_the_number_it_came_from(
    tell, landed, settings, database
):
    tell({"event_id": "1", "status": "replied", "address": PHONE, "text": " Stop! "})
    (event,) = landed()
    assert (event["event"], event["userId"]) == ("SMS Received", "u1"), "whose number it is, the ledger knows"
    ConsentFeed(settings, database).catch_up()
    words = {
        (row["identifier_type"], row["purpose"], row["channel"], row["is_granted"])
        for row in rows_of(database, CONSENT_NOW)
    }
    assert {("phone", "marketing", "sms", False), ("user_id", "transactional", "sms", False)} <= words


def test_webhook__a_stranger_s_stop_counts_too(tell, landed, settings, database):
    tell({"event_id": "1", "status": "replied", "address": "+12025550123", "text": "STOP"})
    (event,) = landed()
    assert event["anonymousId"].startswith("address:")
    assert "+1202" not in event["anonymousId"]
    ConsentFeed(settings, database).catch_up()
    assert {row["identifier_value"] for row in rows_of(database, CONSENT_NOW)} == {"+12025550123"}


@pytest.mark.parametrize(
    ("text", "is_doubtful", "is_word"),
    [
        ("please stop sending me this", True, False),
        ("HELP", False, False),
        ("Start.", False, True),
        ("thank you, nonstop great", False, False),
        ("remove me", True, False),
    ],
)
def test_webhook__what_may_mean_stop_waits_for_a_person(
    tell, landed, settings, database, text, is_doubtful, is_word
):
    tell({"event_id": "1", "status": "replied", "address": PHONE, "text": text})
    (event,) = landed()
    assert event["properties"].get("is_doubtful", False) is is_doubtful
    (row,) = rows_of(database, RECEIPTS)
    assert (row["detail"] == "doubtful_stop", row["text"]) == (is_doubtful, text if is_doubtful else "")
    ConsentFeed(settings, database).catch_up()
    assert bool(rows_of(database, CONSENT_NOW)) is is_word


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"status": "bounced", "suppress_after": 1}, ("Message Bounced", "hard", True)),
        ({"status": "bounced", "suppress_after": 3}, ("Message Bounced", "soft", False)),
        ({"status": "failed"}, ("Message Bounced", "soft", None)),
        ({"status": "rejected", "detail": "policy"}, ("Message Bounced", "block", None)),
        ({"status": "complained"}, ("Message Marked as Spam", None, True)),
    ],
)
def test_webhook__an_address_loses_its_place_only_where_it_is_at_fault(
    tell, landed, settings, database, row, expected
):
    tell({"event_id": "1", "message_id": ID, **row})
    (event,) = landed()
    assert (event["event"], event["properties"].get("bounce_type")) == expected[:2]
    ConsentFeed(settings, database).catch_up()
    found = rows_of(database, SUPPRESSION)
    assert (found[0]["is_active"] if found else None) is expected[2]


@pytest.mark.parametrize(
    "state", [{"state": "done", "outcome": "unknown"}, {"state": "pending", "outcome": "pending"}]
)
def test_webhook__a_receipt_proves_that_a_message_in_doubt_was_taken(tell, database, clock, state):
    lost = stable_id("lost")
    with database.begin() as connection:
        row = ledger_row(clock, message_id=lost, is_uncertain=True, reason="answer_lost", **state)
        connection.execute(LEDGER.insert().values(row))
    tell({"event_id": "1", "status": "delivered", "message_id": lost})
    (found,) = [row for row in rows_of(database, LEDGER) if row["message_id"] == lost]
    assert (found["state"], found["outcome"], found["reason"]) == ("done", "accepted", "")
    last = rows_of(database, LEDGER_LOG)[-1]
    assert (last["message_id"], last["kind"], last["outcome"]) == (lost, "outcome", "accepted")


@pytest.mark.parametrize(
    "state",
    [
        {"state": "done", "outcome": "rejected"},
        {"state": "pending", "outcome": "pending"},
        {"state": "sending", "outcome": "pending", "is_uncertain": True},
    ],
)
def test_webhook__what_is_in_no_doubt_or_in_a_worker_s_hands_stays_as_it_is(tell, database, clock, state):
    other = stable_id("other")
    with database.begin() as connection:
        connection.execute(LEDGER.insert().values(ledger_row(clock, message_id=other, **state)))
    tell({"event_id": "1", "status": "delivered", "message_id": other})
    (found,) = [row for row in rows_of(database, LEDGER) if row["message_id"] == other]
    assert (found["state"], found["outcome"]) == (state["state"], state["outcome"])


def test_webhook__health_and_cost_are_learned_and_a_bad_address_is_not_the_vendor_s_fault(
    tell, database, clock
):
    tell(
        {"event_id": "1", "status": "delivered", "message_id": ID, "cost": "0.07", "currency": "EUR"},
        {"event_id": "2", "status": "failed", "message_id": ID},
        {"event_id": "3", "status": "bounced", "message_id": ID, "suppress_after": 1},
    )
    with database.read() as connection:
        health = read_health(connection, "sms", clock.now())["pager"]
        later = read_health(connection, "sms", clock.now() + timedelta(hours=26))
    assert (health.delivered, health.undelivered, health.priced, health.amount) == (1, 1, 1, 0.07)
    assert later == {}


def test_webhook__a_receipt_from_the_future_counts_from_when_we_heard_of_it(tell, landed, clock):
    ahead = (clock.now() + timedelta(days=9)).isoformat()
    tell({"event_id": "1", "status": "delivered", "message_id": ID, "at": ahead})
    assert datetime.fromisoformat(landed()[0]["timestamp"]) == clock.now().astimezone(UTC)


def test_webhook__a_thousand_in_one_call_and_no_more_than_the_limit(tell, landed, client):
    rows = [{"event_id": str(n), "status": "delivered", "message_id": ID} for n in range(1_000)]
    assert tell(*rows).status_code == 202
    assert len(landed()) == 1_000
    answer = client.post("/webhooks/sms_pager", content=b"x" * (WEBHOOK_LIMIT + 1))
    assert answer.status_code == 413
    unannounced = (b"x" * 65_536 for _ in range(WEBHOOK_LIMIT // 65_536 + 1))
    assert client.post("/webhooks/sms_pager", content=unannounced).status_code == 413
