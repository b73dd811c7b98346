"""The same delivery on PostgreSQL, where KITH_TEST_POSTGRES names a server (and psycopg is installed).

KITH_TEST_POSTGRES=postgresql+psycopg://postgres@127.0.0.1/postgres pytest tests/integration/delivery/test_postgres.py
"""

import os
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.integration.delivery.delivery_world import exported_ids, grant, ledger_rows, plan
from tests.integration.delivery.test_kill import KILLS, Nursery, _assert_held, _kill

URL = os.environ.get("KITH_TEST_POSTGRES", "")
pytestmark = pytest.mark.skipif(not URL, reason="KITH_TEST_POSTGRES names no server")


@pytest.fixture(autouse=True)
def postgres(monkeypatch, request):
    """A database of the test's own."""
    pytest.importorskip("psycopg")
    name = f"kith_test_{os.getpid()}_{abs(hash(request.node.name)) % 10**8}"
    server = sa.create_engine(URL, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    monkeypatch.setenv("KITH_STATE_URL", URL.rpartition("/")[0] + "/" + name)
    yield
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def workers():
    running = [Nursery(), Nursery()]
    yield running
    for worker in running:
        worker.close()


def test_postgres__killed_at_any_point_nobody_is_missed(world, clock, sink, workers, pytestconfig):
    verdict, struck = _kill(world, sink, workers[0], clock, KILLS, pytestconfig.getoption("--seed"))
    assert sum(struck.values()) == KILLS
    _assert_held(verdict, KILLS)


def test_postgres__two_workers_at_once_send_each_message_once(world, clock, sink, workers):
    people, planned = [f"p{n}@shop.example" for n in range(12)], []
    grant(world, clock, people)
    for _ in range(20):
        clock.set(clock.now() + timedelta(minutes=1))
        planned += plan(world, people, clock.now())
        for worker in workers:
            worker.bear(clock)
        assert [worker.ended() for worker in workers] == [0, 0]
    assert sink.counts() == Counter(planned)
    assert not any(row.is_uncertain for row in ledger_rows(world).values())
    assert workers[0].run(clock, export=True) == 0
    assert exported_ids(world) == Counter(planned)
