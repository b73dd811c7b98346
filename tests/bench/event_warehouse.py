"""The event models of the warehouse, built by dbt or by one script of plain SQL, and checksums of the result."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from kith.lake import Home, lake_tables, lay_empty
from kith.run import RUN_SCHEMA
from kith.settings import load_settings
from tests.bench.event_lake import DAYS, EventLake
from tests.bench.frame import ROUNDS, Entry

#: What grows with the log: all but profiles, consents, features and the judgement of visits.
TABLES = {
    "int_events__deduplicated": "event_id, type, event, anonymous_id, user_id, occurred_at, effective_at,"
    " properties, context",
    "int_order_events__extracted": "event_id, order_id, event, currency, total_amount, products",
    "int_refunds__valued": "event_id, order_id, refund_amount",
    "int_sessions__stitched": "session_id, visitor_id, user_id, started_at, ended_at, event_count, page_count,"
    " deed_count, pause_ms, pause_square_ms, user_agent, referrer",
    "int_people__counted": "user_id, anonymous_id, first_seen_at, last_acted_at, last_seen_at, event_count",
    "orders": "order_id, profile_id, ordered_at, status, order_amount, refunded_amount, cancelled_amount,"
    " net_amount, currency",
    "order_lines": "order_id, line_number, profile_id, product_id, category, quantity, unit_price, line_amount",
    "products": "product_id, category, price, first_seen_at, last_seen_at, order_count",
    "events_daily": "occurred_on, source, type, event, event_count, profile_count",
}
SCRIPT = Path(__file__).with_name("event_warehouse.sql")
RUN = "000001-bench"
#: Both sides sort and join within it; what a process holds beside goes on top.
MEMORY = "6GB"
_started: dict[str, float] = {}


def lay_home(home: Path) -> None:
    """An empty lake."""
    for table in lake_tables():
        lay_empty(Home(home), table)


def say_as_of(home: Path, as_of: datetime) -> None:
    """The run that a build belongs to."""
    folder = home / "published" / RUN
    folder.mkdir(parents=True, exist_ok=True)
    row = {"run_id": RUN, "as_of": as_of, "previous_as_of": None, "zone": "UTC"}
    pq.write_table(pa.Table.from_pylist([row], schema=RUN_SCHEMA), folder / "run.parquet")
    (folder.parent / "CURRENT").write_text(RUN)


def start_dbt() -> None:
    """Import dbt and parse the project; `build_by_dbt` tells how long that took."""
    from dagster_project import dbt_runner

    began = time.perf_counter()
    dbt_runner.parsed_project()
    _started["seconds"] = time.perf_counter() - began


def build_by_dbt(home: Path) -> Mapping[str, Any]:
    """The event models and their tests into `<home>/warehouse.duckdb`."""
    from dagster_project import dbt_runner

    paths = {"KITH_HOME": str(home), "KITH_WAREHOUSE": str(home / "warehouse.duckdb"), "KITH_RUN_DIR": ""}
    os.environ.update(**paths, KITH_MEMORY_LIMIT=MEMORY)
    select = " ".join(f"+{name}" for name in TABLES)
    began = time.time()
    results = dbt_runner.build_models(load_settings(home=home), select)
    apart = _first_start(results) - began
    if broken := dbt_runner.failures(results):
        raise RuntimeError("; ".join(broken))
    seconds = {each.node.name: round(each.execution_time, 2) for each in results if each.execution_time > 0.2}
    start = round(_started.get("seconds", 0.0) + apart, 2)
    return {"apart_seconds": apart, "dbt_start_seconds": start, "nodes": seconds}


def _first_start(results: list[Any]) -> float:
    """When dbt came to its first node, in seconds since 1970: before that it copies the project and opens the file."""
    return min(span.started_at.replace(tzinfo=UTC).timestamp() for each in results for span in each.timing)


def build_by_script(home: Path, as_of: datetime) -> Mapping[str, Any]:
    """one SQL script without dbt that makes the same tables, in one DuckDB process and file"""
    with duckdb.connect(
        str(home / "script.duckdb"), config={"threads": 2, "memory_limit": MEMORY}
    ) as connection:
        connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
        text = SCRIPT.read_text().replace("{lake}", f"{home}/lake").replace("{as_of}", str(as_of))
        connection.execute(text)
    return {}


def with_sums(file: Path, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The result, and of each table its number of rows and the sum of their hashes, whatever their order."""
    with duckdb.connect(str(file), read_only=True, config={"threads": 2}) as connection:
        sums = {name: _sum(connection, name, columns) for name, columns in TABLES.items()}
    return {**result, "sums": sums}


def _sum(connection: duckdb.DuckDBPyConnection, name: str, columns: str) -> list[str]:
    row = connection.execute(f"SELECT count(*), sum(hash({columns})::HUGEINT) FROM {name}").fetchone()
    return [str(each) for each in row or ()]


def told_apart(ours: Mapping[str, Any], baseline: Mapping[str, Any]) -> Mapping[str, Any]:
    """Further fields: how long dbt took to start, which nodes took longest, how many rows there are."""
    slowest = sorted(ours["nodes"].items(), key=lambda node: -node[1])[:8]
    rows = {name: int(count) for name, (count, _) in ours["sums"].items()}
    return {"dbt_start_seconds": ours["dbt_start_seconds"], "slowest": dict(slowest), "rows": rows}


def same_rows(ours: Mapping[str, Any], baseline: Mapping[str, Any]) -> bool:
    """Whether both sides made the same tables."""
    return ours["sums"] == baseline["sums"]


def full_build(name: str, events: int, rounds: int = ROUNDS) -> Entry:
    """The bench of a build from nothing at a number of events."""

    def prepare(folder: Path) -> None:
        lake = EventLake(folder, events)
        lay_home(folder)
        lake.lay(0, DAYS, 1)
        say_as_of(folder, lake.as_of)

    def reset(folder: Path) -> None:
        for file in folder.glob("*.duckdb*"):
            file.unlink()

    def script(folder: Path) -> Mapping[str, Any]:
        return build_by_script(folder, EventLake(folder, events).as_of)

    script.__doc__ = build_by_script.__doc__
    files = {"ours": "warehouse.duckdb", "baseline": "script.duckdb"}
    return Entry(
        name=name,
        work=f"{events:,} events into all event models by dbt, tests of the tables included",
        prepare=prepare,
        load=start_dbt,
        reset=reset,
        ours=build_by_dbt,
        baseline=script,
        tell=lambda folder, side, result: with_sums(folder / files[side], result),
        target=0.5,
        agree=same_rows,
        further=told_apart,
        rounds=rounds,
    )
