"""What a worker's router is given: health of the last day, published rates, where vendors tell, who else sends."""

from datetime import timedelta

import pytest

from activation.channels.contract import ChannelPlugin
from activation.delivery.routers import callback_urls, open_router, other_workers, with_published_rates
from activation.delivery.schema import CLAIMS
from activation.delivery.vendor_health import read_health, taken_since, write_tidings
from activation.delivery.vendors import channels
from activation.routing.contract import Passage, Tidings
from activation.routing.table import RoutingTable, Vendor
from kith.ids import stable_id
from kith.registry import plugins
from kith.state import StateDatabase


@pytest.fixture
def database(settings):
    opened = StateDatabase.open(settings)
    yield opened
    opened.close()


def test_health__workers_add_and_old_hours_are_forgotten(database, clock):
    with database.begin() as connection:
        for amount, currency in ((1.0, "EUR"), (2.0, "EUR"), (9.0, "USD")):
            told = Tidings("sms", "twilio", taken=10, priced=10, amount=amount, currency=currency)
            write_tidings(connection, [told], clock.now())
        write_tidings(connection, [Tidings("sms", "twilio", refused=5)], clock.now() - timedelta(hours=30))
        health = read_health(connection, "sms", clock.now())["twilio"]
        assert taken_since(connection, "sms", "twilio", clock.now() - timedelta(hours=1)) == 30
    assert (health.taken, health.refused) == (30, 0)
    assert (health.priced, health.amount, health.currency) == (20, 3.0, "EUR"), (
        "dollars and euros don't add up"
    )


def test_router__what_was_learned_decides_who_is_asked(settings, database, clock):
    ready = dict(channels()["sms"])
    assert len(ready) >= 2
    ailing, *others = ready
    with database.begin() as connection:
        write_tidings(connection, [Tidings("sms", ailing, refused=5_000)], clock.now())
    with database.read() as connection:
        router = open_router(settings, connection, "sms", ready, clock.now())
    given = [Passage(stable_id(str(number)), "sms", "+4915112345678") for number in range(20)]
    assert set(router.assign(given, clock.now(), 0).leaving) <= set(others)


def test_router__keeps_to_the_rate_that_a_vendor_publishes_unless_the_table_says_otherwise():
    ready = dict(channels()["sms"])
    table = RoutingTable(vendors=(Vendor(vendor="twilio", per_second=7),))
    rates = {each.vendor: each.per_second for each in with_published_rates(table, ready).vendors}
    assert rates["twilio"] == 7
    assert rates["vonage"] == ready["vonage"].capabilities.messages_per_second


def test_callbacks__lead_to_the_vendor_s_own_file(settings):
    urls = callback_urls(settings, channels()["sms"])
    names = {url.rpartition("/")[2] for url in urls.values()}
    assert names == {"sms_twilio", "sms_vonage"}
    assert all(plugins("activation.channels", ChannelPlugin)[name].read for name in names)
    assert all(url.startswith(settings.public_url + "/webhooks/") for url in urls.values())


def test_workers__those_that_hold_messages_are_counted_once_each(database, clock):
    rows = [("me", None), ("other", None), ("other", None), ("third", clock.now())]
    with database.begin() as connection:
        for worker, released in rows:
            connection.execute(
                CLAIMS.insert().values(worker=worker, claimed_at=clock.now(), released_at=released)
            )
        assert other_workers(connection, "me") == 1
