"""What was given up: with its reason, replayed by a filter, never what may have arrived by another vendor."""

import json

import pytest
import sqlalchemy as sa

from activation.delivery.dead_letters import dead_letter_counts, dead_letters, reopen, trace
from activation.delivery.receipt_tables import RECEIPTS
from activation.delivery.schema import LEDGER, LEDGER_LOG
from activation.routing.contract import Trail, trail_of
from kith.errors import KithError, UsageError
from kith.ids import stable_id
from kith.state import StateDatabase

ENDS = (
    (
        "refused",
        {"outcome": "failed", "reason": "content_refused", "detail": "too_long", "provider": "twilio"},
    ),
    ("tired", {"outcome": "failed", "reason": "attempts_exhausted", "provider": "vonage"}),
    ("lost", {"outcome": "unknown", "reason": "answer_lost", "provider": "twilio", "is_uncertain": True}),
    ("wrong", {"outcome": "rejected", "reason": "address_refused", "provider": "twilio"}),
    ("sent", {"outcome": "accepted", "provider": "twilio"}),
)
TRAIL = Trail(tried=("vonage", "vonage"), barred=("other",)).to_text()


def ids(*names: str) -> set[str]:
    return {stable_id(name) for name in names}


def _row(clock, name: str, **changed) -> dict:
    texts = ("journey_version", "enrolment_id", "profile_id", "template_version", "locale", "step_id")
    pinned = Trail(pinned="twilio").to_text()
    return {
        **dict.fromkeys(texts, "x"),
        "message_id": stable_id(name),
        "journey": "winback",
        "channel": "sms",
        "purpose": "marketing",
        "template": "hello",
        "address": "+4915112345678",
        "variables": "{}",
        "identifiers": "[]",
        **dict.fromkeys(("decided_at", "not_after", "due_at", "loaded_at", "finished_at"), clock.now()),
        "is_transactional": False,
        "lane": 1,
        "state": "done",
        "attempts": 8,
        "is_uncertain": False,
        "reason": "",
        "detail": "",
        "trail": pinned if name == "lost" else TRAIL,
        **changed,
    }


@pytest.fixture
def database(settings, clock):
    opened = StateDatabase.open(settings)
    with opened.begin() as connection:
        for name, changed in ENDS:
            connection.execute(LEDGER.insert().values(_row(clock, name, **changed)))
    yield opened
    opened.close()


def test_dead_letters__each_permanent_failure_has_its_reason_and_no_address(database, settings):
    rows = dead_letters(settings, {}, 10)
    assert {row["message_id"] for row in rows} == ids("refused", "tired", "lost")
    assert all(row["reason"] for row in rows)
    assert "+4915" not in json.dumps(rows, default=str)
    assert len(dead_letters(settings, {}, 2)) == 2
    assert {row["message_id"] for row in dead_letters(settings, {"outcome": "rejected"}, 10)} == ids("wrong")


def test_dead_letters__are_counted_by_vendor_and_reason(database, settings):
    rows = dead_letter_counts(settings, {"provider": "twilio"})
    assert {(row["reason"], row["messages"]) for row in rows} == {("content_refused", 1), ("answer_lost", 1)}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, ("refused", "tired", "lost")),
        ({"provider": "vonage"}, ("tired",)),
        ({"reason": "content_refused", "detail": "too_long"}, ("refused",)),
        ({"reason": "content_refused", "detail": "other"}, ()),
    ],
)
def test_retry__empties_what_the_filter_names_and_nothing_else(
    database, settings, clock, conditions, expected
):
    assert reopen(settings, conditions, clock.now()) == len(expected)
    with database.read() as connection:
        open_now = set(connection.scalars(sa.select(LEDGER.c.message_id).where(LEDGER.c.state == "pending")))
        logged = set(
            connection.scalars(sa.select(LEDGER_LOG.c.message_id).where(LEDGER_LOG.c.kind == "reopened"))
        )
    assert open_now == logged == ids(*expected)
    assert dead_letters(settings, conditions, 10) == []
    assert reopen(settings, conditions, clock.now()) == 0


def test_retry__what_is_in_doubt_stays_with_its_vendor_and_the_rest_starts_afresh(database, settings, clock):
    reopen(settings, {}, clock.now())
    with database.read() as connection:
        rows = {row.message_id: row for row in connection.execute(sa.select(LEDGER))}
    assert trail_of(rows[stable_id("lost")].trail) == Trail(pinned="twilio")
    assert trail_of(rows[stable_id("tired")].trail) == Trail()
    assert rows[stable_id("tired")].attempts == 0


@pytest.mark.parametrize("outcome", ["accepted", "rejected", "suppressed", "expired", "pending"])
def test_retry__what_must_not_be_sent_again_is_refused_aloud(database, settings, clock, outcome):
    with pytest.raises(UsageError, match="not sent again"):
        reopen(settings, {"outcome": outcome}, clock.now())


def test_trace__tells_a_message_s_whole_way(database, settings, clock):
    reopen(settings, {"detail": "too_long"}, clock.now())
    receipt = {
        "plugin": "sms_twilio",
        "event_id": "e",
        "message_id": stable_id("refused"),
        "status": "delivered",
    }
    empty = dict.fromkeys(("detail", "provider_code", "text"), "")
    with database.begin() as connection:
        connection.execute(
            RECEIPTS.insert().values({**receipt, **empty, "at": clock.now(), "received_at": clock.now()})
        )
    assert [row["what"] for row in trace(settings, stable_id("refused"))] == ["reopened", "delivered"]
    assert trace(settings, stable_id("sent")) == []
    with pytest.raises(KithError, match="holds no message"):
        trace(settings, "nobody")
