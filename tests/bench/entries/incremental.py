"""`incremental`: one new day of the demo world into the warehouse, against building it all anew; equal tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb

from kith.settings import Settings
from tests.bench.demo_world import LAUNCH, WORK, copy_home, enter, make_world, set_clock
from tests.bench.frame import Entry


def prepare(folder: Path) -> None:
    """The warehouse as it stood the day before launch."""
    pristine = folder / "pristine"
    make_world(pristine)
    set_clock(pristine, LAUNCH - timedelta(days=1))
    _advance(enter(pristine))
    set_clock(pristine)


def load() -> None:
    """dbt is imported, and its project parsed, before the clock starts."""
    import great_expectations  # noqa: F401

    from dagster_project import dbt_runner

    dbt_runner.parsed_project()


def reset(folder: Path) -> None:
    copy_home(folder / "pristine", folder / "home")


def ours(folder: Path) -> Mapping[str, Any]:
    """one new day"""
    return _advance(enter(folder / "home"))


def baseline(folder: Path) -> Mapping[str, Any]:
    """the same run with the warehouse lost: everything is built anew"""
    settings = enter(folder / "home")
    (settings.home / "warehouse.duckdb").unlink()
    return _advance(settings)


def _advance(settings: Settings) -> dict[str, str]:
    """Compact, resolve and build up to the clock; a checksum of each published table."""
    from dagster_project.dbt_runner import build, failures
    from identity.resolution import resolve
    from ingestion.compaction import compact
    from kith.clock import system_clock
    from kith.run import begin_run, publish_run

    run = begin_run(settings, system_clock(settings))
    compact(settings, run)
    resolve(settings, run)
    if broken := failures(build(settings, run, "tag:core")):
        raise RuntimeError("; ".join(broken))
    publish_run(settings, run)
    return {name: _checksum(path) for name, path in run.snapshot.tables().items()}


def _checksum(path: Path) -> str:
    """The rows, whatever their order: the sum of their hashes within DuckDB, and their number."""
    pattern = path / "**" / "*.parquet" if path.is_dir() else path
    sql = f"SELECT count(*), sum(hash(each::VARCHAR)::HUGEINT) FROM read_parquet('{pattern}') AS each"
    return md5(repr(duckdb.execute(sql).fetchone()).encode()).hexdigest()


ENTRY = Entry(
    name="incremental",
    work=f"{WORK}: the day before launch into the warehouse",
    prepare=prepare,
    load=load,
    reset=reset,
    ours=ours,
    baseline=baseline,
    further=lambda one, other: {
        "tables": len(one),
        "equal_tables": sum(one[name] == other[name] for name in one),
    },
)
