"""The books: every planned message stands in one place, and who fails too often is named."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from activation.delivery.balance import AlertSettings, Balance, Rates, ailing, balance, vendor_rates
from activation.delivery.outbox import load_outbox
from activation.delivery.schema import LEDGER
from activation.delivery.worker import deliver
from kith.lake import Home
from kith.state import StateDatabase
from tests.integration.delivery.delivery_world import grant, plan

PEOPLE = ["a@shop.example", "b@shop.example", "gone@shop.example", "c@shop.example"]


@pytest.fixture
def database(world):
    opened = StateDatabase.open(world)
    yield opened
    opened.close()


def test_balance__planned_is_the_sum_of_outcomes_at_every_moment(world, clock, sink, database):
    plan(world, PEOPLE, clock.now())
    plan(world, ["withheld@shop.example"], clock.now(), decision="withhold", reason="no_consent")
    assert balance(world).absent == 4, "planned, and not in the ledger yet"
    load_outbox(database, Home(world.home), clock.now())
    assert balance(world) == Balance(planned=5, withheld=1, pending=4)
    grant(world, clock, PEOPLE[:3])
    deliver(world, clock)
    found = balance(world)
    assert found == Balance(planned=5, withheld=1, accepted=2, rejected=1, suppressed=1)
    assert found.is_balanced


@pytest.mark.parametrize("fault", ["lost", "invented", "misnamed"])
def test_balance__a_message_lost_or_sent_unplanned_shows(world, clock, database, fault):
    plan(world, PEOPLE, clock.now())
    load_outbox(database, Home(world.home), clock.now())
    with database.begin() as connection:
        row = dict(connection.execute(sa.select(LEDGER)).mappings().first())
        if fault == "lost":
            connection.execute(LEDGER.delete().where(LEDGER.c.message_id == row["message_id"]))
        elif fault == "invented":
            connection.execute(LEDGER.insert().values({**row, "message_id": "0" * 32}))
        else:
            connection.execute(LEDGER.update().values(outcome="dunno"))
    found = balance(world)
    assert not found.is_balanced
    assert found.absent == {"lost": 1, "invented": -1, "misnamed": 4}[fault]


def test_balance__a_day_counts_its_own_messages(world, clock, database):
    plan(world, PEOPLE, clock.now())
    load_outbox(database, Home(world.home), clock.now())
    day = timedelta(days=1)
    assert balance(world, clock.now() - day, clock.now()) == Balance()
    assert balance(world, clock.now(), clock.now() + day).planned == 4


def test_rates__who_fails_too_often_is_named(world, clock, sink, database, monkeypatch):
    plan(world, PEOPLE, clock.now())
    grant(world, clock, PEOPLE)
    deliver(world, clock)
    (found,) = vendor_rates(world, clock.now())
    assert (found.channel, found.provider, found.handed, found.rejection_rate) == ("email", "smtp", 4, 0.25)
    assert ailing([found]) == [], "four messages say nothing"
    monkeypatch.setenv("KITH_ALERT_LEAST_MESSAGES", "4")
    (said,) = ailing([found])
    assert said["above"] == ["rejection_rate"]
    assert vendor_rates(world, clock.now() + timedelta(hours=25)) == []


@pytest.mark.parametrize("rate", ["failure_rate", "rejection_rate", "undelivered_rate"])
def test_rates__each_limit_binds_and_not_before(rate):
    limits = AlertSettings()
    calm = {"failure_rate": 0.0, "rejection_rate": 0.0, "undelivered_rate": 0.0}
    at, above = getattr(limits, rate), getattr(limits, rate) + 0.001
    assert Rates("sms", "one", 50, **{**calm, rate: at}).ails(limits) == []
    assert Rates("sms", "one", 50, **{**calm, rate: above}).ails(limits) == [rate]
    assert Rates("sms", "one", 49, **{**calm, rate: above}).ails(limits) == []
