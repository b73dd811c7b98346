"""Receipts, health, dead letters and the books on PostgreSQL, where KITH_TEST_POSTGRES names a server."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from activation.channels.contract import Capabilities, ChannelPlugin, Inbound, Reading, Receipt, Status
from activation.delivery.balance import balance, vendor_rates
from activation.delivery.dead_letters import dead_letter_counts, dead_letters, reopen, trace
from activation.delivery.outbox import load_outbox
from activation.delivery.receipts import ReceiptIntake
from activation.delivery.schema import LEDGER
from activation.delivery.vendor_health import read_health
from kith.lake import Home
from kith.state import StateDatabase
from tests.integration.delivery.delivery_world import plan
from tests.integration.delivery.test_postgres import postgres, pytestmark

__all__ = ["postgres", "pytestmark"]
PHONE = "+4915112345678"


@pytest.fixture
def database(world):
    opened = StateDatabase.open(world)
    yield opened
    opened.close()


def _told(receipts: list[Receipt]) -> ChannelPlugin:
    return ChannelPlugin(
        *("sms", "pager", Capabilities(frozenset({"text"})), lambda: None),
        address_type="phone",
        read=lambda _inbound: Reading(receipts),
    )  # type: ignore[arg-type]


def test_postgres__receipts_are_noted_once_prove_and_teach(world, clock, database):
    (message_id,) = plan(world, [PHONE], clock.now(), channel="sms")
    load_outbox(database, Home(world.home), clock.now())
    with database.begin() as connection:
        connection.execute(LEDGER.update().values(state="done", outcome="unknown", is_uncertain=True))
    assert dead_letter_counts(world, {})[0]["messages"] == 1
    at = clock.now()
    receipts = [
        Receipt("1", Status.DELIVERED, at, message_id=message_id, cost=Decimal("0.07"), currency="EUR"),
        Receipt("2", Status.REPLIED, at, address=PHONE, text="please stop it"),
    ]
    intake = ReceiptIntake.open(world, database, clock)
    for _ in range(2):
        intake.take("sms_pager", _told(receipts), Inbound("POST", "", {}, b"", at))
    intake.close()
    with database.read() as connection:
        assert connection.scalar(sa.select(LEDGER.c.outcome)) == "accepted"
        health = read_health(connection, "sms", at)["pager"]
    assert (health.delivered, health.priced, round(health.amount, 9)) == (1, 1, 0.07)
    assert [row["what"] for row in trace(world, message_id)] == ["planned", "outcome", "delivered", "replied"]
    assert balance(world).is_balanced


def test_postgres__dead_letters_are_replayed_by_a_filter(world, clock, database):
    plan(world, [f"p{number}@shop.example" for number in range(50)], clock.now())
    load_outbox(database, Home(world.home), clock.now())
    failed = {"state": "done", "outcome": "failed", "reason": "content_refused", "provider": "smtp"}
    with database.begin() as connection:
        connection.execute(LEDGER.update().values(**failed, finished_at=clock.now()))
    assert len(dead_letters(world, {"reason": "content_refused"}, 100)) == 50
    assert vendor_rates(world, clock.now())[0].failure_rate == 1.0
    assert reopen(world, {"provider": "smtp"}, clock.now()) == 50
    assert dead_letters(world, {}, 100) == []
    assert balance(world).pending == 50
