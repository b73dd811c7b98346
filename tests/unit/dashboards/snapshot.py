"""A small shop, made by hand, published as a snapshot with the tables that the dashboards read.

python -m tests.unit.dashboards.snapshot HOME      # lays the home out and publishes the shop there
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kith.clock import FixedClock
from kith.metrics import keep_metrics
from kith.metrics.definitions import portable
from kith.run import Run, begin_run, publish_run
from kith.settings import Settings, load_settings
from tests.unit.dashboards import shop_messages, shop_operations, shop_people, shop_trade
from tests.unit.dashboards.shop_people import AS_OF
from tests.unit.warehouse.lake import semantic_manifest

TYPES: Mapping[str, pa.DataType] = {
    "s": pa.string(),
    "i": pa.int64(),
    "f": pa.float64(),
    "b": pa.bool_(),
    "t": pa.timestamp("us"),
    "day": pa.date32(),
    "money": pa.decimal128(18, 4),
}


def schema(columns: str) -> pa.Schema:
    """`profile_id:s entered_at:t` → an Arrow schema."""
    return pa.schema([(name, TYPES[kind]) for name, kind in (each.split(":") for each in columns.split())])


SCHEMAS: Mapping[str, pa.Schema] = {
    table: schema(columns)
    for table, columns in {
        **shop_people.COLUMNS,
        **shop_trade.COLUMNS,
        **shop_messages.COLUMNS,
        **shop_operations.COLUMNS,
    }.items()
}


@cache
def shop_definitions() -> bytes:
    """The project's own metrics, as dbt parses them now."""
    return portable(semantic_manifest())


@cache
def shop_tables(people: int = 240) -> dict[str, list[dict[str, Any]]]:
    """Every published table of the shop; the same rows at each call."""
    known = shop_people.make_people(people)
    trade = shop_trade.make_trade(known)
    return {
        **shop_people.people_tables(known, trade),
        **shop_trade.trade_tables(known, trade),
        **shop_messages.message_tables(known, trade),
        **shop_operations.operations_tables(known),
    }


def publish_shop(
    settings: Settings, people: int = 240, without: Collection[str] = (), at: datetime = AS_OF
) -> Run:
    """Begin a run, write the shop into it and move the pointer there."""
    run = begin_run(settings, FixedClock(at.replace(tzinfo=UTC) + settings.lateness))
    for name, rows in shop_tables(people).items():
        if name not in without:
            write_table(run.path / f"{name}.parquet", name, rows)
    keep_metrics(settings, run, shop_definitions())
    publish_run(settings, run)
    return run


def write_table(path: Path, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """One published table in its declared types."""
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=SCHEMAS[name]), path)


def publish_empty(settings: Settings) -> Run:
    """A run that found nothing: every table is there and none has a row."""
    run = begin_run(settings, FixedClock(AS_OF.replace(tzinfo=UTC) + settings.lateness))
    for name in SCHEMAS:
        write_table(run.path / f"{name}.parquet", name, [])
    keep_metrics(settings, run, shop_definitions())
    publish_run(settings, run)
    return run


if __name__ == "__main__":
    from kith.init import initialise

    given = load_settings(home=Path(sys.argv[1]))
    initialise(given)
    print(publish_shop(given).run_id)
