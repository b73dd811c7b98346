"""Runs and snapshots: the pointer moves last, a run over the past stays apart, readers are confined."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from kith.cli.commands import query
from kith.cli.main import run as kith
from kith.clock import FixedClock
from kith.errors import KithError
from kith.lake import Home
from kith.run import Run, begin_run, publish_run, read_run
from kith.settings import Settings
from kith.snapshot import current_snapshot, snapshot


def publish(settings: Settings, clock: FixedClock, rows: list[int], as_of: datetime | None = None) -> Run:
    run = begin_run(settings, clock, as_of)
    pq.write_table(pa.table({"n": rows}), run.path / "numbers.parquet")
    publish_run(settings, run)
    return run


def test_begin_run__looks_from_the_clock_less_lateness(settings: Settings, clock: FixedClock) -> None:
    run = begin_run(settings, clock)
    assert run.as_of == clock.now() - timedelta(seconds=30) == datetime(2026, 5, 1, 8, tzinfo=UTC)
    assert run.previous_as_of is None
    assert current_snapshot(Home(settings.home)) is None


def test_publish_run__moves_the_pointer_and_keeps_three(settings: Settings, clock: FixedClock) -> None:
    for number in range(5):
        clock.set(clock.now() + timedelta(hours=1))
        last = publish(settings, clock, [number])
    present = current_snapshot(Home(settings.home))
    assert present is not None
    assert present.run_id == last.run_id
    assert len([path for path in last.path.parent.iterdir() if path.is_dir()]) == 3


def test_publish_run__links_tables_that_did_not_change(settings: Settings, clock: FixedClock) -> None:
    one = publish(settings, clock, [1, 2])
    two = publish(settings, clock, [1, 2])
    three = publish(settings, clock, [3])
    assert (one.path / "numbers.parquet").samefile(two.path / "numbers.parquet")
    assert not (two.path / "numbers.parquet").samefile(three.path / "numbers.parquet")


def test_publish_run__links_parts_that_did_not_change(settings: Settings, clock: FixedClock) -> None:
    runs: list[Run] = []
    for changing in (1, 2):
        runs.append(run := begin_run(settings, clock))
        (run.path / "events").mkdir()
        for part, number in {"march": 0, "april": changing}.items():
            pq.write_table(pa.table({"n": [number]}), run.path / "events" / f"{part}.parquet")
        publish_run(settings, run)
    one, two = (run.path / "events" for run in runs)
    assert (one / "march.parquet").samefile(two / "march.parquet")
    assert not (one / "april.parquet").samefile(two / "april.parquet")


def test_begin_run__over_the_past_moves_no_pointer(settings: Settings, clock: FixedClock) -> None:
    live = publish(settings, clock, [1])
    past = publish(settings, clock, [2], live.as_of - timedelta(days=1))
    assert past.is_replay
    assert past.warehouse != live.warehouse
    present = current_snapshot(Home(settings.home))
    assert present is not None
    assert present.run_id == live.run_id
    assert snapshot(Home(settings.home), past.run_id).path == past.path
    assert read_run(settings, past.run_id).is_replay


def test_begin_run__at_the_same_instant_is_no_replay(settings: Settings, clock: FixedClock) -> None:
    publish(settings, clock, [1])
    assert not begin_run(settings, clock).is_replay


def test_snapshot__unknown_lists_those_there_are(settings: Settings, clock: FixedClock) -> None:
    run = publish(settings, clock, [1])
    with pytest.raises(KithError, match=run.run_id):
        snapshot(Home(settings.home), "nonsense")


def ask(sql: str) -> tuple[int, str]:
    result = CliRunner().invoke(query, [sql, "--format", "json"])
    return (1 if result.exception else 0), result.output if not result.exception else str(result.exception)


def test_query__reads_the_published_snapshot(settings: Settings, clock: FixedClock) -> None:
    publish(settings, clock, [1, 2, 3])
    assert json.loads(ask("SELECT sum(n) AS total FROM numbers")[1]) == [{"total": 6}]


@pytest.mark.parametrize(
    "sql",
    [
        "COPY numbers TO 'out.csv'",
        "CREATE TABLE x AS SELECT 1 AS a",
        "SELECT 1; SELECT 2",
        "SET threads = 1",
        "INSTALL httpfs",
        "ATTACH 'x.duckdb'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM read_csv('../secret.key')",
        "SELECT nothing FROM nowhere",
    ],
)
def test_query__reads_and_does_nothing_else(
    settings: Settings, clock: FixedClock, sql: str, tmp_path: Path
) -> None:
    publish(settings, clock, [1])
    code, said = ask(sql)
    assert code == 1
    assert "failed" in said or "only one statement" in said


def test_kith__exit_codes_mean_something(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert kith(["init"]) == 0
    assert kith(["query", "SELECT 1"]) == 1
    assert "nothing was published yet; run 'kith run'" in capsys.readouterr().err.replace(
        f"{settings.home}: ", ""
    )
    assert kith(["query"]) == 2
    assert kith(["nonsense"]) == 2
