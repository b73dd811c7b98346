"""Runs of a sync against an HTTP endpoint: modes, guards, partial success, retries."""

from __future__ import annotations

import pytest

from activation.destinations.webhook import WebhookDestination
from activation.syncs.listing import dead_letters, diff
from activation.syncs.plan_rows import PlanRows
from activation.syncs.planning import Consents
from activation.syncs.reopening import reopen
from kith.errors import KithError
from tests.integration.syncs.sync_world import Sink, define, outcomes, publish, run

FIELDS = ["id", "email", "orders"]


def people(count: int, first: int = 0, orders: int = 1) -> list[dict]:
    return [
        {"id": f"p{n:05d}", "email": f"p{n}@shop.example", "orders": orders, "profile_id": f"p{n}"}
        for n in range(first, first + count)
    ]


@pytest.fixture
def sink(monkeypatch):
    with Sink() as running:
        monkeypatch.setenv("KITH_SYNC_WEBHOOK_URL", running.url)
        yield running


@pytest.fixture
def mirror(settings, monkeypatch):
    options = {"batch_size": 10, "receiver": "deduplicates"}
    return define(settings, monkeypatch, to="webhook", mode="mirror", fields=FIELDS, options=options)


def test_run__only_what_differs_is_pushed(mirror, clock, sink):
    publish(mirror, clock, {"people": people(35)})
    assert run(mirror, clock).outcomes == {"accepted": 35}
    assert run(mirror, clock).state == "unchanged"
    changed = people(30, orders=1)
    changed[3]["orders"] = 9
    publish(mirror, clock, {"people": [*changed, *people(2, first=90)]})
    report = run(mirror, clock)
    assert (report.found["new"], report.found["changed"], report.found["gone"]) == (2, 1, 5)
    assert report.outcomes == {"accepted": 8}
    assert sorted(sink.removed) == [f"p{n:05d}" for n in range(30, 35)]
    assert sink.rows["p00003"]["orders"] == 9
    assert len(sink.rows) == 32
    assert sum(sink.effects.values()) == 38


def test_run__with_lost_marks_finds_the_same(mirror, clock, sink):
    publish(mirror, clock, {"people": people(35)})
    run(mirror, clock)
    for file in (mirror.home / "syncs").iterdir():
        file.unlink()
    assert run(mirror, clock).state == "unchanged"
    assert list((mirror.home / "syncs").glob("*.parquet")), "the next look is cheap again"
    publish(mirror, clock, {"people": people(34)})
    assert run(mirror, clock).outcomes == {"accepted": 1}


def test_mirror__removes_nobody_elses_rows(mirror, clock, sink):
    sink.rows["foreign"] = {"id": "foreign"}
    publish(mirror, clock, {"people": people(5)})
    run(mirror, clock)
    publish(mirror, clock, {"people": people(4)})
    run(mirror, clock)
    assert "foreign" in sink.rows
    assert list(sink.removed) == ["p00004"]


@pytest.mark.parametrize(
    ("mode", "pushed"),
    [("insert", {"n"}), ("update", {"n", "c"}), ("upsert", {"n", "c"}), ("append", {"n", "c"})],
)
def test_modes__push_new_and_changed_as_they_say(settings, monkeypatch, clock, sink, mode, pushed):
    world = define(settings, monkeypatch, to="webhook", mode=mode, fields=FIELDS)
    publish(world, clock, {"people": [*people(2), {**people(1)[0], "id": "c"}]})
    run(world, clock)
    sink.effects.clear()
    publish(
        world,
        clock,
        {"people": [*people(1), {**people(1)[0], "id": "c", "orders": 7}, {**people(1)[0], "id": "n"}]},
    )
    run(world, clock)
    assert set(sink.effects) == pushed
    assert not sink.removed


def test_audience__who_changed_is_removed_under_the_old_name_and_added_under_the_new(
    settings, monkeypatch, clock, sink
):
    world = define(settings, monkeypatch, to="webhook", mode="audience", fields=["id", "email"])
    publish(world, clock, {"people": people(3)})
    run(world, clock)
    moved = people(3)
    moved[1]["email"] = "new@shop.example"
    sink.keeps_calls = True
    publish(world, clock, {"people": moved})
    assert run(world, clock).outcomes == {"accepted": 2}
    assert [call["body"]["data"]["operation"] for call in sink.calls] == ["remove", "add"]
    (gone,) = sink.calls[0]["body"]["data"]["rows"]
    assert gone == {"email": "p1@shop.example", "id": "p00001"}


def test_guard__an_empty_source_removes_nobody(mirror, clock, sink):
    publish(mirror, clock, {"people": people(20)})
    run(mirror, clock)
    nobody = [{**people(1)[0], "id": ""}]
    publish(mirror, clock, {"people": nobody})
    report = run(mirror, clock)
    assert report.state == "held"
    assert report.detail.startswith("empty_source")
    assert not sink.removed


def test_guard__a_large_removal_waits_for_somebody(settings, monkeypatch, clock, sink):
    guards = {"largest_removal": 0.2, "removal_floor": 3}
    world = define(settings, monkeypatch, to="webhook", mode="mirror", fields=FIELDS, guards=guards)
    publish(world, clock, {"people": people(20)})
    run(world, clock)
    publish(world, clock, {"people": people(15)})
    report = run(world, clock)
    assert (report.state, bool(sink.removed)) == ("held", False)
    assert report.detail.startswith("large_removal: 5 of 20")
    assert run(world, clock, consents=Consents(removal=True)).outcomes == {"accepted": 5}


def test_guard__a_column_of_another_type_stops_the_run(mirror, clock, sink):
    publish(mirror, clock, {"people": people(3)})
    run(mirror, clock)
    publish(mirror, clock, {"people": [{**each, "orders": "many"} for each in people(3)]})
    report = run(mirror, clock)
    assert report.state == "held"
    assert "orders: bigint → varchar" in report.detail
    assert run(mirror, clock, consents=Consents(schema=True)).outcomes == {"accepted": 3}


def test_guard__a_vanished_column_is_an_error(mirror, clock, sink):
    publish(mirror, clock, {"people": [{"id": "a", "email": "a@shop.example"}]})
    with pytest.raises(KithError, match="no column orders"):
        run(mirror, clock)


def test_diff__pushes_nothing(mirror, clock, sink):
    publish(mirror, clock, {"people": people(12)})
    found = diff(mirror, "people")
    assert found["operations"] == {"upsert": 12}
    assert len(found["rows"]) == 12
    assert not sink.effects
    assert run(mirror, clock).outcomes == {"accepted": 12}


def test_keys__that_stand_twice_are_set_aside_once(mirror, clock, sink):
    publish(mirror, clock, {"people": people(5)})
    run(mirror, clock)
    twice = [*people(5), {**people(1)[0], "orders": 5}]
    publish(mirror, clock, {"people": twice})
    report = run(mirror, clock)
    assert report.outcomes == {"rejected": 1}
    assert report.found["duplicate_keys"] == 1
    assert sink.rows["p00000"]["orders"] == 1
    assert run(mirror, clock).state == "unchanged"
    publish(mirror, clock, {"people": people(5, orders=2)})
    assert run(mirror, clock).outcomes == {"accepted": 5}


@pytest.mark.parametrize("known", [0, 5], ids=["on the first look", "among what is new"])
def test_keys__new_ones_that_stand_twice_are_not_told(mirror, clock, sink, known):
    if known:
        publish(mirror, clock, {"people": people(known)})
        run(mirror, clock)
    rows = people(8)
    publish(mirror, clock, {"people": [*rows, {**rows[7], "orders": 5}]})
    report = run(mirror, clock)
    assert report.outcomes == {"accepted": 7 - known, "rejected": 1}
    assert sorted(sink.rows) == [row["id"] for row in rows[:7]]
    publish(mirror, clock, {"people": rows})
    assert run(mirror, clock).outcomes == {"accepted": 1}


def test_partial_success__names_its_rows(mirror, clock, sink):
    sink.answers = [(207, {"errors": [{"index": 1, "code": "BAD_EMAIL"}]}, {})]
    publish(mirror, clock, {"people": people(5)})
    assert run(mirror, clock).outcomes == {"accepted": 4, "rejected": 1}
    (letter,) = dead_letters(mirror, "people", 10)
    assert (letter["detail"], letter["provider_code"]) == ("row_refused", "BAD_EMAIL")
    assert run(mirror, clock).state == "unchanged", "a refused row isn't told again and again"
    assert reopen(mirror, "people", {"detail": "other"}) == 0
    assert reopen(mirror, "people", {"detail": "row_refused"}) == 1
    assert run(mirror, clock).outcomes == {"accepted": 1}
    assert dead_letters(mirror, "people", 10) == []


def test_refusal__of_a_whole_batch_costs_the_bad_row_alone(settings, monkeypatch, clock):
    class Picky(Sink):
        async def _take(self, request):
            from aiohttp import web

            told = await request.json()
            if any(row["orders"] == 13 for row in told["data"]["rows"]):
                return web.Response(status=400)
            return await super()._take(request)

    with Picky() as sink:
        monkeypatch.setenv("KITH_SYNC_WEBHOOK_URL", sink.url)
        world = define(settings, monkeypatch, to="webhook", fields=FIELDS)
        rows = people(50)
        rows[17]["orders"] = 13
        publish(world, clock, {"people": rows})
        assert run(world, clock).outcomes == {"accepted": 49, "rejected": 1}
        assert set(sink.effects.values()) == {1}
        (letter,) = dead_letters(world, "people", 10)
        assert (letter["row_key"], letter["detail"]) == ("p00017", "refused_alone")


def test_a_plan_that_cannot_be_read__ends_the_run_and_the_next_goes_on(settings, monkeypatch, clock, sink):
    options = {"batch_size": 10, "receiver": "deduplicates"}
    world = define(settings, monkeypatch, to="webhook", mode="upsert", fields=FIELDS, options=options)
    publish(world, clock, {"people": people(200)})
    read, told = PlanRows.rows, []

    def breaks(self, positions):
        told.append(positions)
        if len(told) == 5:
            raise OSError("the disk is gone")
        return read(self, positions)

    monkeypatch.setattr(PlanRows, "rows", breaks)
    with pytest.raises(OSError, match="the disk is gone"):
        run(world, clock)
    assert 40 <= len(sink.rows) < 200
    assert not outcomes(world)
    monkeypatch.setattr(PlanRows, "rows", read)
    assert run(world, clock).outcomes == {"accepted": 200}
    assert set(sink.effects.values()) == {1}
    assert len(sink.rows) == 200


def test_a_destination_that_raises__has_lost_an_answer(mirror, clock, sink, monkeypatch):
    push, raised = WebhookDestination.push, []

    def breaks(self, batch, note):
        answer = push(self, batch, note)
        if batch.number == 1 and not raised:
            raised.append(batch.batch_id)
            raise RuntimeError("a fault of the destination")
        return answer

    monkeypatch.setattr(WebhookDestination, "push", breaks)
    publish(mirror, clock, {"people": people(30)})
    assert run(mirror, clock).outcomes == {"accepted": 30}
    assert raised
    assert set(sink.effects.values()) == {1}
    assert [row["attempts"] for row in outcomes(mirror)] == [1] * 10 + [2] * 10 + [1] * 10


def test_retries__later_means_later(mirror, clock, sink):
    sink.answers = [(429, {}, {"retry-after": "1"}), (503, {}, {}), (429, {}, {})]
    publish(mirror, clock, {"people": people(30)})
    assert run(mirror, clock).outcomes == {"accepted": 30}
    assert set(sink.effects.values()) == {1}
    assert {row["attempts"] for row in outcomes(mirror)} <= {1, 2, 3, 4}


def test_a_refused_login__leaves_the_run_unfinished_and_the_next_goes_on(mirror, clock, sink):
    sink.answers = [(401, {}, {})] * 8
    publish(mirror, clock, {"people": people(200)})
    report = run(mirror, clock)
    assert (report.state, report.detail) == ("unfinished", "webhook: login_refused")
    sink.answers = []
    publish(mirror, clock, {"people": people(201)})
    assert run(mirror, clock).outcomes == {"accepted": 201}
    assert set(sink.effects.values()) == {1}


def test_nobody_there__nothing_is_lost_or_given_up(mirror, clock, monkeypatch):
    monkeypatch.setenv("KITH_SYNC_WEBHOOK_URL", "http://127.0.0.1:9/rows")
    publish(mirror, clock, {"people": people(100)})
    report = run(mirror, clock)
    assert (report.state, report.detail) == ("unfinished", "webhook: refused_connection")
    with Sink() as sink:
        monkeypatch.setenv("KITH_SYNC_WEBHOOK_URL", sink.url)
        assert run(mirror, clock).outcomes == {"accepted": 100}


def test_consent__only_who_granted_it_goes_out_and_who_withdraws_leaves(settings, monkeypatch, clock, sink):
    asked = {"purpose": "advertising", "channel": "ads"}
    world = define(settings, monkeypatch, to="webhook", mode="mirror", fields=FIELDS, consent=asked)

    def consents(*granted: int) -> list[dict]:
        told = [{"profile_id": f"p{n}", "is_granted": n in granted} for n in range(5)]
        return [{**asked, **each} for each in told] + [
            {"profile_id": "p4", "purpose": "marketing", "channel": "email", "is_granted": True}
        ]

    publish(world, clock, {"people": people(6), "consents": consents(0, 1, 2)})
    run(world, clock)
    assert sorted(sink.rows) == ["p00000", "p00001", "p00002"]
    publish(world, clock, {"people": people(6), "consents": consents(0, 2)})
    run(world, clock)
    assert sorted(sink.rows) == ["p00000", "p00002"]
