"""Rows into a PostgreSQL table, where KITH_TEST_POSTGRES names a server (and psycopg is installed)."""

from __future__ import annotations

import os

import pytest
import sqlalchemy as sa

from activation.destinations.postgres import PostgresDestination
from activation.syncs.listing import dead_letters
from activation.syncs.planning import Consents
from tests.integration.syncs.sync_world import define, publish, run

URL = os.environ.get("KITH_TEST_POSTGRES", "")
pytestmark = pytest.mark.skipif(not URL, reason="KITH_TEST_POSTGRES names no server")
FIELDS = ["id", "email", "orders"]
TABLE = "CREATE TABLE people (id text PRIMARY KEY, email text, orders int CHECK (orders < 100))"


@pytest.fixture
def table(monkeypatch, request):
    """A database of the test's own, with a table of people; answers an engine."""
    pytest.importorskip("psycopg")
    name = f"kith_sync_{os.getpid()}_{abs(hash(request.node.name)) % 10**8}"
    server = sa.create_engine(URL, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    url = URL.rpartition("/")[0] + "/" + name
    monkeypatch.setenv("KITH_SYNC_POSTGRES_URL", url.replace("+psycopg", ""))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(TABLE))
    yield engine
    engine.dispose()
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def people(count: int, orders: int = 1) -> list[dict]:
    return [{"id": f"p{n:03d}", "email": f"p{n}@shop.example", "orders": orders} for n in range(count)]


def held(engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {row.id: row.orders for row in connection.execute(sa.text("SELECT id, orders FROM people"))}


def _world(settings, monkeypatch, mode, **more):
    return define(
        settings, monkeypatch, to="postgres", mode=mode, fields=FIELDS, options={"table": "people"}, **more
    )


def test_mirror__rows_come_change_and_go_and_foreign_ones_stay(settings, monkeypatch, clock, table):
    with table.begin() as connection:
        connection.execute(sa.text("INSERT INTO people VALUES ('foreign', null, 5)"))
    world = _world(settings, monkeypatch, "mirror")
    publish(world, clock, {"people": people(20)})
    assert run(world, clock).outcomes == {"accepted": 20}
    publish(world, clock, {"people": people(15, orders=2)})
    assert run(world, clock, consents=Consents(removal=True)).outcomes == {"accepted": 20}
    assert held(table) == {"foreign": 5, **{f"p{n:03d}": 2 for n in range(15)}}


def test_insert_and_update__skip_what_is_there_or_isn_t(settings, monkeypatch, clock, table):
    with table.begin() as connection:
        connection.execute(sa.text("INSERT INTO people VALUES ('p001', null, 5)"))
    world = _world(settings, monkeypatch, "insert")
    publish(world, clock, {"people": people(3)})
    assert run(world, clock).outcomes == {"accepted": 2, "skipped": 1}
    assert held(table)["p001"] == 5
    other = _world(settings, monkeypatch, "update", name="others")
    publish(other, clock, {"people": people(5, orders=7)})
    assert run(other, clock, "others").outcomes == {"accepted": 3, "skipped": 2}
    assert set(held(table).values()) == {7}


def test_a_bad_row__costs_itself_alone(settings, monkeypatch, clock, table):
    world = _world(settings, monkeypatch, "upsert")
    rows = people(40)
    rows[11]["orders"] = 500
    publish(world, clock, {"people": rows})
    assert run(world, clock).outcomes == {"accepted": 39, "rejected": 1}
    (letter,) = dead_letters(world, "people", 5)
    assert letter["row_key"] == "p011"


def test_append__a_lost_answer_adds_nothing_twice(settings, monkeypatch, clock, table):
    with table.begin() as connection:
        connection.execute(sa.text("ALTER TABLE people DROP CONSTRAINT people_pkey"))
    world = _world(settings, monkeypatch, "append")
    publish(world, clock, {"people": people(30)})
    original = PostgresDestination.push
    monkeypatch.setattr(
        PostgresDestination, "push", lambda self, batch, note: original(self, batch, note) and 1 / 0
    )
    assert run(world, clock).state == "unfinished"
    monkeypatch.setattr(PostgresDestination, "push", original)
    assert run(world, clock).outcomes == {"accepted": 30}
    with table.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM people")).scalar() == 30


def test_replace__exchanges_the_whole_at_once(settings, monkeypatch, clock, table):
    with table.begin() as connection:
        connection.execute(sa.text("INSERT INTO people VALUES ('old', null, 5)"))
    world = _world(settings, monkeypatch, "replace")
    publish(world, clock, {"people": people(10)})
    assert run(world, clock).outcomes == {"accepted": 10}
    assert "old" not in held(table)
    publish(world, clock, {"people": people(9)})
    run(world, clock)
    assert len(held(table)) == 9
