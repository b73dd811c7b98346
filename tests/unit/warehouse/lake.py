"""A small lake written by hand, and dbt run over it in this process."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from kith.events import EVENT_SCHEMA, effective_at
from kith.lake import lake_tables

PROJECT = Path(__file__).resolve().parents[3] / "dbt"
LATENESS = timedelta(seconds=30)
_T = pa.timestamp("us")


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


@dataclass
class Lake:
    """Files as the rooms would have committed them. Instants are naive UTC."""

    home: Path
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def lay_empty(self) -> Lake:
        for table in lake_tables():
            folder = self.home / "lake" / table.room / "0000000000"
            if table.partition:
                folder = folder / f"{table.partition}=1970-01-01"
            _write(table.schema.empty_table(), folder / f"{table.name}.parquet")
        return self

    def land(self, events: Sequence[Mapping[str, Any]], commit: int) -> None:
        """One commit of events, split by the day of their arrival."""
        days: dict[str, list[Mapping[str, Any]]] = {}
        for event in events:
            days.setdefault(f"{event['received_at']:%Y-%m-%d}", []).append(event)
        for day, rows in days.items():
            folder = self.home / "lake" / "events" / f"{commit:010d}" / f"received_on={day}"
            _write(pa.Table.from_pylist(list(rows), schema=EVENT_SCHEMA), folder / "part-0.parquet")

    def commit(self, room: str, number: int, **tables: Sequence[Mapping[str, Any]]) -> None:
        """One commit of another room; tables that are not named are empty in it."""
        for table in lake_tables():
            if table.room == room:
                rows = [
                    {name: row.get(name) for name in table.schema.names} for row in tables.get(table.name, ())
                ]
                data = pa.Table.from_pylist(rows, schema=table.schema)
                _write(data, self.home / "lake" / room / f"{number:010d}" / f"{table.name}.parquet")

    def identities(
        self,
        number: int,
        profiles: Mapping[str, Sequence[tuple[str, str]]],
        joined_at: datetime | None = None,
    ) -> None:
        """One commit of the identity room: profile id → its identifiers."""
        rows = [
            {"identifier_type": kind, "identifier_value": value, "profile_id": profile_id,
             "first_received_at": datetime(2026, 1, 1), "joined_at": joined_at}
            for profile_id, identifiers in profiles.items()
            for kind, value in identifiers
        ]  # fmt: skip
        self.commit("identity", number, identifiers=rows)

    def begin_run(self, as_of: datetime) -> Path:
        run_id = f"{next(self.numbers):06d}-{as_of:%Y%m%dT%H%M%SZ}"
        folder = self.home / "published" / run_id
        row = {"run_id": run_id, "as_of": as_of, "previous_as_of": None, "zone": "UTC"}
        schema = _schema(run_id=pa.string(), as_of=_T, previous_as_of=_T, zone=pa.string())
        _write(pa.Table.from_pylist([row], schema=schema), folder / "run.parquet")
        return folder


def event(
    event_id: str,
    name: str,
    occurred_at: datetime,
    *,
    user: str | None = None,
    anon: str | None = None,
    kind: str = "track",
    received_at: datetime | None = None,
    properties: Mapping[str, Any] | None = None,
    traits: Mapping[str, Any] | None = None,
    context: Mapping[str, Any] | None = None,
    source: str = "web",
) -> dict[str, Any]:
    """One row in the columns of the event model; `effective_at` follows the rule of the kernel."""
    received = received_at or occurred_at
    texts = {"properties": properties, "traits": traits, "context": context}
    return {
        "event_id": event_id,
        "type": kind,
        "event": name,
        "anonymous_id": anon,
        "user_id": user,
        "occurred_at": occurred_at,
        "received_at": received,
        "effective_at": effective_at(occurred_at, received, LATENESS),
        "batch_id": "b",
        "source": source,
        **{column: None if text is None else json.dumps(text) for column, text in texts.items()},
    }


def run_dbt(home: Path, run: Path | None, *arguments: str, target: str = "run", succeed: bool = True) -> Any:
    """dbt as the pipeline calls it; the warehouse file is closed afterwards. Answers dbt's result."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    with _environment(home, run):
        try:
            runner = dbtRunner(manifest=_parsed(target).deepcopy())
            kinds = (
                ["--exclude-resource-type", "unit_test"]
                if target == "run" and arguments[0] == "build"
                else []
            )
            result = runner.invoke([*arguments, *kinds, *_options(home, target)])
        finally:
            DuckDBConnectionManager.close_all_connections()
    assert result.success == succeed, _complaints(result)
    return result


@cache
def _parsed(target: str) -> Any:
    """The project, read once for all builds of this process: paths enter it only as it runs."""
    from dbt.cli.main import dbtRunner

    with TemporaryDirectory() as folder, _environment(Path(folder), None):
        result = dbtRunner().invoke(["parse", *_options(Path(folder), target)])
    assert result.success, _complaints(result)
    return result.result


def semantic_manifest() -> bytes:
    """What dbt hands to MetricFlow of the project as it stands."""
    from dbt.contracts.graph.semantic_manifest import SemanticManifest

    with TemporaryDirectory() as folder:
        path = Path(folder) / "semantic_manifest.json"
        SemanticManifest(_parsed("run")).write_json_to_file(str(path))
        return path.read_bytes()


def _options(home: Path, target: str) -> list[str]:
    folders = {"--project-dir": PROJECT, "--profiles-dir": PROJECT, "--target-path": home / "dbt_target",
               "--log-path": home / "dbt_logs"}  # fmt: skip
    return ["--target", target, "--quiet", *(str(part) for pair in folders.items() for part in pair)]


def published(folder: Path, sql: str) -> list[dict[str, Any]]:
    """Rows of a query in which `{table}` stands for a published table."""
    tables = {path.stem: f"read_parquet('{path}')" for path in folder.glob("*.parquet")}
    with duckdb.connect() as connection:
        found = connection.execute(sql.format(**tables))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def differing_rows(left: Path, right: Path, table: str) -> int:
    """How many rows, counted as often as they occur, one folder's table has and the other's has not."""
    one, other = (f"select * from read_parquet('{folder}/{table}.parquet')" for folder in (left, right))
    with duckdb.connect() as connection:
        sql = f"select count(*) from (({one} except all {other}) union all ({other} except all {one}))"
        return connection.execute(sql).fetchall()[0][0]


@contextmanager
def _environment(home: Path, run: Path | None) -> Iterator[None]:
    changed = {
        "KITH_HOME": str(home),
        "KITH_RUN_DIR": str(run) if run else None,
        "KITH_WAREHOUSE": str(home / "warehouse.duckdb"),
        "DO_NOT_TRACK": "true",
    }
    before = {name: os.environ.get(name) for name in changed}
    _set(changed)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, text in values.items():
        if text is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = text


def _write(table: pa.Table, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, file, compression="zstd")


def _complaints(result: Any) -> str:
    if result.exception:
        return str(result.exception)
    rows = getattr(result.result, "results", [])
    return "\n".join(
        f"{row.node.name}: {row.message}" for row in rows if row.status not in ("success", "pass")
    )
