"""A look by marks finds what a look at every row's md5 finds, and rows go out as they stand."""

from __future__ import annotations

import random
import shutil

import orjson
import pyarrow as pa
import pytest

from activation.destinations.contract import Row, Rows
from activation.syncs.history import PLAN
from activation.syncs.listing import diff
from activation.syncs.planned import _check_order
from kith.errors import KithError
from kith.lake import commit
from kith.warehouse import Warehouse, literal
from tests.integration.syncs.sync_world import Sink, define, outcomes, publish, run

FIELDS = ["id", "name", "score"]


@pytest.fixture
def sink(monkeypatch):
    with Sink() as running:
        monkeypatch.setenv("KITH_SYNC_WEBHOOK_URL", running.url)
        yield running


def _people(chance: random.Random, held: dict) -> dict:
    """Some are new, some changed, some gone, some have no key."""
    now = {key: row for key, row in held.items() if chance.random() > 0.1}
    for key in [key for key in now if chance.random() < 0.15]:
        now[key] = {**now[key], "name": f"n{chance.randrange(99)}"}
    for _ in range(chance.randrange(8)):
        key = f"p{chance.randrange(60)}"
        now[key] = {"id": key, "name": None if chance.random() < 0.3 else "x", "score": chance.random()}
    return now


def _found(world) -> dict:
    """What a dry run tells; but for the count of rows held, which marks know roughly (docs/decisions/syncs.md)."""
    told = diff(world, "people")
    return {**told, "found": {name: count for name, count in told["found"].items() if name != "held"}}


@pytest.mark.parametrize("seed", range(2))
def test_marks__find_what_every_rows_hash_finds(settings, monkeypatch, clock, sink, seed):
    options = {"batch_size": 5, "receiver": "upserts"}
    guards = {"may_be_empty": True, "largest_removal": 1.0}
    world = define(
        settings, monkeypatch, to="webhook", mode="mirror", fields=FIELDS, options=options, guards=guards
    )
    chance, held = random.Random(seed), {}
    for turn in range(6):
        held = _people(chance, held) or {"p0": {"id": "p0", "name": "x", "score": 0.5}}
        rows = [*held.values()]
        rows += [{"id": "", "name": "nobody", "score": 0.0}, {"id": None, "name": "nobody", "score": 0.0}][
            : turn % 3
        ]
        if turn % 2 and rows:
            rows.append({**rows[0], "name": "twice"})
        publish(world, clock, {"people": rows})
        by_marks = _found(world)
        assert by_marks["found"]["without_key"] == turn % 3
        marks = world.home / "syncs"
        shutil.copytree(marks, world.home / "aside", dirs_exist_ok=True) if marks.exists() else None
        shutil.rmtree(marks, ignore_errors=True)
        assert _found(world) == by_marks
        if (world.home / "aside").exists():
            shutil.copytree(world.home / "aside", marks, dirs_exist_ok=True)
        if turn % 3 == 1:
            sink.answers = [(207, {"errors": [{"index": 0, "code": "bad"}]}, {})]
        run(world, clock)


def test_marks__of_two_keys_in_one_place_are_not_believed(settings, monkeypatch, clock, sink):
    """A 64-bit place that two keys share, planted: both rows are the same as they were."""
    from activation.syncs import candidates, planning, rows_sql

    real = rows_sql.marks_of

    def shared(types):
        return real(types).replace("hash(row_key) AS place", "hash(left(row_key, 1)) AS place")

    for module in (candidates, planning):
        monkeypatch.setattr(module, "marks_of", shared)
    options = {"receiver": "upserts"}
    world = define(settings, monkeypatch, to="webhook", mode="mirror", fields=FIELDS, options=options)
    rows = [{"id": f"p{n}", "name": "x", "score": 0.5} for n in range(4)]
    publish(world, clock, {"people": rows})
    run(world, clock)
    assert diff(world, "people")["found"] == {
        "source": 4, "without_key": 0, "duplicate_keys": 0, "held": 4, "new": 0, "changed": 0, "gone": 0,
    }  # fmt: skip
    assert run(world, clock).state == "unchanged"


def test_marks__of_a_row_that_changed_are_kept(settings, monkeypatch, clock, sink):
    options = {"receiver": "upserts"}
    world = define(settings, monkeypatch, to="webhook", mode="mirror", fields=FIELDS, options=options)
    for name in ("x", "y"):
        publish(world, clock, {"people": [{"id": f"p{n}", "name": name, "score": 0.5} for n in range(2)]})
        assert run(world, clock).outcomes == {"accepted": 2}
        assert run(world, clock).state == "unchanged"
    publish(world, clock, {"people": [{"id": "p0", "name": "y", "score": 0.5}]})
    assert run(world, clock).outcomes == {"accepted": 1}
    assert sorted(sink.rows) == ["p0"]


def test_held__rows_that_a_destination_refused_keep_what_it_has(settings, monkeypatch, clock, sink):
    options = {"receiver": "upserts"}
    world = define(settings, monkeypatch, to="webhook", mode="mirror", fields=FIELDS, options=options)
    publish(world, clock, {"people": [{"id": f"p{n}", "name": "x", "score": 0.5} for n in range(5)]})
    run(world, clock)
    sink.answers = [(207, {"errors": [{"index": 0, "code": "bad"}]}, {})]
    publish(world, clock, {"people": [{"id": f"p{n}", "name": "y", "score": 0.5} for n in range(5)]})
    assert run(world, clock).outcomes == {"accepted": 4, "rejected": 1}
    publish(world, clock, {"people": [{"id": f"p{n}", "name": "x", "score": 0.5} for n in range(5)]})
    assert run(world, clock).outcomes == {"accepted": 4}
    publish(world, clock, {"people": [{"id": "p9", "name": "x", "score": 0.5}]})
    assert run(world, clock).outcomes == {"accepted": 6}
    assert sorted(sink.rows) == ["p9"]


@pytest.mark.parametrize(
    "operations",
    ["['delete', 'upsert', 'upsert']", "['upsert', 'upsert', 'delete', 'delete']", "['delete', 'upsert']"],
)
def test_plan__whose_operations_do_not_stand_together_or_whose_rows_are_not_all_there_is_an_error(
    settings, home, operations
):
    phases = [("delete", 0, 2), ("upsert", 10, 2)]
    with Warehouse(settings) as warehouse, commit(home, "syncs", {"kind": PLAN}) as writer:
        file = literal(str(writer.path / "plans.parquet"))
        select = "COPY (SELECT unnest({}) AS operation) TO {}"
        warehouse.connection.execute(select.format("['delete', 'delete', 'upsert', 'upsert']", file))
        _check_order(warehouse, writer, phases)
        warehouse.connection.execute(select.format(operations, file))
        with pytest.raises(KithError, match="another order"):
            _check_order(warehouse, writer, phases)


def test_plan__of_a_first_look_is_the_same_from_a_table_and_from_a_query(settings, monkeypatch, clock, sink):
    rows = [{"id": f"p{n}", "name": f"n{n}", "score": n / 7} for n in range(25)]
    found = []
    for told in ({"table": "people"}, {"query": "SELECT * FROM people"}):
        world = define(settings, monkeypatch, to="webhook", mode="mirror", fields=FIELDS, **{"from": told})
        publish(world, clock, {"people": [*rows, {"id": None, "name": "x", "score": 0.0}]})
        report = run(world, clock)
        assert report.outcomes == {"accepted": 25}
        found.append([{**row, "run_id": ""} for row in outcomes(world)])
        found.append(sink.rows)
        sink.forget()
        for folder in ("lake/syncs", "syncs"):
            shutil.rmtree(world.home / folder)
    assert found[0] == found[2]
    assert found[1] == found[3]


def test_plan__of_a_query_that_answers_otherwise_each_time_is_what_it_answered_once(
    settings, monkeypatch, clock, sink
):
    told = {"query": "SELECT * FROM people WHERE random() < 0.5"}
    world = define(settings, monkeypatch, to="webhook", mode="upsert", fields=FIELDS, **{"from": told})
    publish(world, clock, {"people": [{"id": f"p{n}", "name": "x", "score": 0.5} for n in range(400)]})
    assert run(world, clock).outcomes == {"accepted": len(sink.rows)}
    assert 100 < len(sink.rows) < 300


def test_plan__positions_begin_at_a_batch_for_each_operation(settings, monkeypatch, clock, sink):
    options = {"receiver": "upserts", "batch_size": 10}
    world = define(settings, monkeypatch, to="webhook", mode="mirror", fields=FIELDS, options=options)
    publish(world, clock, {"people": [{"id": f"p{n:02}", "name": "x", "score": 0.5} for n in range(30)]})
    run(world, clock)
    rows = [{"id": f"p{n:02}", "name": "y", "score": 0.5} for n in range(3, 30)]
    publish(world, clock, {"people": rows})
    sink.answers = [(200, {}, {}), (207, {"errors": [{"index": 2, "code": "bad"}]}, {})]
    assert run(world, clock).outcomes == {"accepted": 29, "rejected": 1}
    last = outcomes(world)[30:]
    assert [row["position"] for row in last if row["operation"] == "delete"] == [0, 1, 2]
    assert [row["position"] for row in last if row["operation"] == "upsert"] == list(range(10, 37))
    assert [row["position"] % 10 for row in last if row["outcome"] == "rejected"] == [2]


def test_rows__joined_are_the_json_of_each():
    rows = [Row(f"k{n}", orjson.dumps({"n": n, "ü": ","}).decode(), "r" * n) for n in range(3)]
    held = Rows.of(rows)
    assert orjson.loads(held.joined()) == [row.fields for row in rows] == [row.fields for row in held]
    assert held.joined() == b"[" + b",".join(row.content.encode() for row in rows) + b"]"
    assert held.keys == ["k0", "k1", "k2"]
    assert [row.remote_id for row in held[1:]] == ["r", "rr"]
    strings = pa.array([], pa.string())
    assert Rows(strings, strings, strings).joined() == b"[]"
