"""A message that a throttle holds leaves when it may, and not before."""

from datetime import timedelta

from activation.delivery.balance import balance
from activation.delivery.worker import deliver
from kith.times import to_utc_naive
from tests.integration.delivery.delivery_world import grant, plan

HOUR = timedelta(hours=1)


def test_delivery__takes_a_message_once_its_throttle_releases_it(world, clock, sink):
    first, second = "now@shop.example", "later@shop.example"
    start = clock.now()
    plan(world, [first], start)
    plan(world, [second], start, release_at=to_utc_naive(start + HOUR))
    grant(world, clock, [first, second])
    deliver(world, clock)
    assert len(sink.mails()) == 1
    assert balance(world).pending == 1
    clock.set(start + HOUR)
    deliver(world, clock)
    assert balance(world).accepted == 2
    assert balance(world).is_balanced
