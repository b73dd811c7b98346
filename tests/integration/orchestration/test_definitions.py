"""What Dagster shows: every asset has a group, an owner and a first sentence; the order is that of a run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from kith.clock import FixedClock
from kith.lake import Home
from kith.landing import LandingLog
from kith.settings import Settings


@pytest.fixture(scope="module")
def defs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.Definitions]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KITH_HOME", str(tmp_path_factory.mktemp("home")))
        from dagster_project.definitions import build_definitions

        yield build_definitions()


def test_assets__explain_themselves(defs: dg.Definitions) -> None:
    for spec in defs.resolve_all_asset_specs():
        assert spec.group_name, spec.key
        assert spec.owners, spec.key
        assert spec.description, f"{spec.key} has no description"


def test_assets__follow_the_order_of_a_run(defs: dg.Definitions) -> None:
    from dagster_project import keys

    graph = defs.resolve_asset_graph()
    order = [key for level in graph.toposorted_asset_keys_by_level for key in level]
    stages = [keys.RUN, keys.COMPACTED, keys.IDENTITY, keys.TRAINED, keys.SCORES, keys.SEGMENTS, keys.PLANNED]
    assert order.index(keys.IDENTITY) < order.index(keys.ATTRIBUTES) < order.index(keys.SEGMENTS)
    assert order.index(keys.SEGMENTS) < order.index(keys.WINNERS) < order.index(keys.PLANNED)
    stages += [keys.DELIVERED, keys.LEDGER, keys.LIFT, keys.SNAPSHOT]
    places = [order.index(key) for key in stages]
    assert places == sorted(places)


def test_arrivals__are_a_blocking_check(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    checks = {key.name: graph.get_check_spec(key) for key in graph.asset_check_keys}
    assert checks["arrivals_judged"].blocking
    assert len(checks) > 40, "dbt's tests are Dagster's checks"


def test_assets__all_hold_the_lock_of_the_graph(defs: dg.Definitions) -> None:
    """One run at a time, so one writer of DuckDB. A pool's place would outlive a killed run; a lock does not."""
    ops = [op for op in defs.resolve_job_def("graph").all_node_defs if isinstance(op, dg.OpDefinition)]
    assert len(ops) > 10
    assert [op.name for op in ops if "graph" not in op.required_resource_keys] == []
    assert [op.name for op in ops if op.pool] == []


def test_events__are_partitioned_by_day(defs: dg.Definitions) -> None:
    from dagster_project import keys

    partitions = defs.resolve_asset_graph().get(keys.EVENTS).partitions_def
    assert partitions is not None
    assert partitions.has_partition_key("2026-01-01")


def test_schedules__start_stopped_in_the_workspace_zone(defs: dg.Definitions) -> None:
    daily = defs.resolve_schedule_def("daily")
    assert (daily.cron_schedule, daily.execution_timezone) == ("0 6 * * *", "UTC")
    assert daily.default_status == dg.DefaultScheduleStatus.STOPPED


def test_sensor__asks_for_a_run_once_for_what_landed(settings: Settings, clock: FixedClock) -> None:
    from dagster_project.automation import landing

    def look(cursor: str | None) -> tuple[dg.SensorResult | dg.RunRequest | dg.SkipReason, str | None]:
        context = dg.build_sensor_context(cursor=cursor)
        answer = landing(context)
        return answer, context.cursor

    assert isinstance(look(None)[0], dg.SkipReason)
    LandingLog(Home(settings.home), "web", clock).append([b"{}"])
    answer, cursor = look(None)
    assert isinstance(answer, dg.RunRequest)
    assert isinstance(look(cursor)[0], dg.SkipReason)
    LandingLog(Home(settings.home), "web", clock).append([b"{}"])
    assert isinstance(look(cursor)[0], dg.RunRequest)


def test_sensor__receipts_have_one_of_their_own(settings: Settings, clock: FixedClock) -> None:
    from dagster_project.automation import landing, receipts

    def look(sensor: dg.SensorDefinition, cursor: str | None) -> tuple[bool, str | None]:
        context = dg.build_sensor_context(cursor=cursor)
        return isinstance(sensor(context), dg.RunRequest), context.cursor

    LandingLog(Home(settings.home), "web", clock).append([b"{}"])
    (asks, web), (told, _) = look(landing, None), look(receipts, None)
    assert (asks, told) == (True, False)
    LandingLog(Home(settings.home), "receipts", clock).append([b"{}"])
    assert look(landing, web)[0] is False, "what vendors tell all day starts no run each minute"
    told, seen = look(receipts, None)
    assert told
    assert look(receipts, seen)[0] is False


def test_deliveries__are_partitioned_by_day_and_checked(defs: dg.Definitions) -> None:
    from dagster_project import keys

    graph = defs.resolve_asset_graph()
    partitions = graph.get(keys.DELIVERIES).partitions_def
    assert partitions is not None
    assert partitions.has_partition_key("2026-01-01")
    checks = {(key.asset_key, key.name) for key in graph.asset_check_keys}
    assert {
        (keys.DELIVERIES, "planned_adds_up"),
        (keys.DELIVERED, "planned_adds_up"),
        (keys.DELIVERED, "failures_are_usual"),
    } <= checks
    assert keys.DELIVERIES not in defs.resolve_job_def("graph").asset_layer.executable_asset_keys


def test_due_times__follow_the_clock(clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    from dagster_project import commands

    start = clock.now()
    monkeypatch.setattr(commands.time, "sleep", lambda seconds: clock.set(clock.now() + timedelta(hours=1)))
    assert list(commands.due_times(clock, timedelta(hours=3), 3)) == [
        start + timedelta(hours=3 * n) for n in range(3)
    ]
    assert clock.now() == start + timedelta(hours=6)


def test_workspace__loads_the_definitions() -> None:
    from kith.settings import PROJECT

    assert "dagster_project.definitions" in Path(PROJECT / "workspace.yaml").read_text()
