"""Several workers at once: no message twice, none forgotten."""

from collections import Counter
from datetime import timedelta

from tests.integration.delivery.delivery_world import grant, ledger_rows, plan
from tests.integration.delivery.test_kill import Nursery

ROUNDS, MESSAGES = 20, 12


def test_two_workers__twenty_times_at_once_send_each_message_once(world, clock, sink):
    workers = [Nursery(), Nursery()]
    people = [f"p{n}@shop.example" for n in range(MESSAGES)]
    grant(world, clock, people)
    planned: list[str] = []
    try:
        for _ in range(ROUNDS):
            clock.set(clock.now() + timedelta(minutes=1))
            planned += plan(world, people, clock.now())
            for worker in workers:
                worker.bear(clock)
            assert [worker.ended() for worker in workers] == [0, 0]
    finally:
        for worker in workers:
            worker.close()
    print(f"two workers: rounds={ROUNDS} messages={len(planned)} sent={sum(sink.counts().values())}")
    assert sink.counts() == Counter(planned)
    assert not any(row.is_uncertain for row in ledger_rows(world).values())
