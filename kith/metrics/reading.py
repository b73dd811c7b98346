"""Answers: a catalogue, a question's SQL, and its rows from one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from kith.errors import KithError, UsageError
from kith.metrics.catalogue import Catalogue, read_catalogue
from kith.metrics.conditions import metricflow_condition
from kith.metrics.definitions import kept_definitions, no_metrics
from kith.metrics.question import Names, Question
from kith.settings import Settings
from kith.snapshot import Snapshot
from kith.warehouse import Warehouse


def open_catalogue(snapshot: Snapshot, definitions: bytes | None = None) -> Catalogue:
    """What the snapshot kept, or what `definitions` say where they are given."""
    if definitions is not None:
        from kith.metrics.keeping import compile_catalogue

        return compile_catalogue(definitions)
    catalogue = read_catalogue(snapshot)
    if catalogue is None:
        raise no_metrics(snapshot)
    return catalogue


def compile_question(
    snapshot: Snapshot,
    catalogue: Catalogue,
    definitions: bytes | None,
    *,
    metrics: Sequence[str],
    by: Sequence[str] = (),
    where: str = "",
    grain: str | None = None,
    first: date | None = None,
    last: date | None = None,
    order: Sequence[str] = (),
    limit: int | None = None,
) -> str:
    """The SQL of a question in people's words; names are resolved before MetricFlow is imported."""
    from kith.metrics.compiler import compiler_of

    if first and last and last < first:
        raise UsageError(f"the last day {last} is before the first {first}")
    names = Names(catalogue, metrics)
    question = Question(
        tuple(dict.fromkeys(metrics)),
        names.columns(by, grain),
        metricflow_condition(where, names),
        first,
        last,
        tuple(order),
        limit,
    )
    return question.sql(compiler_of(kept_definitions(snapshot) if definitions is None else definitions))


def answer(settings: Settings, snapshot: Snapshot, sql: str) -> list[dict[str, Any]]:
    """Rows of one reading statement over the snapshot's tables; no file outside it can be opened."""
    with Warehouse(settings) as warehouse:
        warehouse.attach_snapshot(snapshot)
        warehouse.confine(snapshot.path)
        try:
            rows = warehouse.read_only(sql).to_pylist()
        except duckdb.Error as error:
            raise KithError(
                f"the snapshot can't answer this: {error}",
                where=snapshot.run_id,
                way_out="'kith metrics query … --explain' shows the SQL",
            ) from None
    return [{name: _counted(value) for name, value in row.items()} for row in rows]


def _counted(value: Any) -> Any:
    """DuckDB adds integers up as decimals without a fraction: counts again."""
    return int(value) if isinstance(value, Decimal) and value.as_tuple().exponent == 0 else value
