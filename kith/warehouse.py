"""The warehouse port: an in-memory DuckDB over the lake and over snapshots.

Nobody but dbt opens `warehouse.duckdb`; everyone else reads Parquet through here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kith.errors import KithError
from kith.lake import Home, LakeTable, lake_tables
from kith.lake.commit_folder import EMPTY
from kith.settings import Settings
from kith.snapshot import Snapshot

if TYPE_CHECKING:  # a tenth of a second that whoever only writes SQL needn't wait for
    import duckdb

READING = ("SELECT", "EXPLAIN", "PRAGMA")
Parameters = Sequence[Any] | Mapping[str, Any] | None


class Warehouse:
    """A private connection; times are UTC, results come as rows or Arrow."""

    def __init__(self, settings: Settings) -> None:
        import duckdb

        self.home = Home(settings.home)
        self.connection: duckdb.DuckDBPyConnection = duckdb.connect(
            ":memory:",
            config={
                "threads": settings.threads,
                "memory_limit": settings.memory_limit,
                "temp_directory": str(_spill_folder(self.home)),
            },
        )
        self.connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.connection.close()

    def attach_lake(self, *rooms: str) -> None:
        """Views `lake_<room>_<table>` over all commits and `lake_<room>_<table>_latest` over the last one.

        Each has the column `commit_name` besides the table's own.
        """
        for table in lake_tables():
            if not rooms or table.room in rooms:
                self._view_lake(table)

    def attach_snapshot(self, snapshot: Snapshot) -> None:
        """A view for each table of a snapshot, under its plain name."""
        for name, path in snapshot.tables().items():
            self.view(name, path / "**" / "*.parquet" if path.is_dir() else path)

    def view(self, name: str, path: Path) -> None:
        """A view over Parquet files."""
        self.connection.execute(
            f"CREATE OR REPLACE VIEW {quote(name)} AS FROM read_parquet({literal(str(path))})"
        )

    def rows(self, sql: str, parameters: Parameters = None) -> list[dict[str, Any]]:
        """The answer as a list of dictionaries."""
        return self.arrow(sql, parameters).to_pylist()

    def arrow(self, sql: str, parameters: Parameters = None) -> pa.Table:
        """The answer as an Arrow table."""
        return self.connection.execute(sql, parameters).to_arrow_table()

    def value(self, sql: str, parameters: Parameters = None) -> Any:
        """The first column of the first row, or None."""
        row = self.connection.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def confine(self, folder: Path) -> None:
        """From here on no file outside `folder` can be opened; for statements that people type."""
        self.connection.execute(f"SET allowed_directories = [{literal(str(folder))}]")
        self.connection.execute("SET enable_external_access = false; SET lock_configuration = true")

    def read_only(self, sql: str) -> pa.Table:
        """The answer of one statement that reads; any other kind is refused."""
        statements = self.connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type.name not in READING:
            raise KithError(
                "only one statement that reads is taken", expected="SELECT, FROM, SHOW or DESCRIBE"
            )
        return self.connection.execute(statements[0]).to_arrow_table()

    def _view_lake(self, table: LakeTable) -> None:
        depth = "*/" if table.partition else ""
        pattern = self.home.lake / table.room / "*" / f"{depth}*.parquet"
        if table.partition is None:
            pattern = pattern.with_name(f"{table.name}.parquet")
        name = f"lake_{table.room}_{table.name}"
        columns = ", ".join(quote(column) for column in table.schema.names)
        commit = f"regexp_extract(filename, '/lake/{table.room}/([0-9]+)/', 1)"
        self._create(
            name,
            f"""
            SELECT {columns}, {commit} AS commit_name
            FROM read_parquet({literal(str(pattern))}, filename = true, hive_partitioning = false)""",
        )
        latest = max((path.name for path in (self.home.lake / table.room).iterdir()), default=EMPTY)
        self._create(f"{name}_latest", f"SELECT * FROM {quote(name)} WHERE commit_name = {literal(latest)}")

    def _create(self, name: str, select: str) -> None:
        import duckdb

        try:
            self.connection.execute(f"CREATE OR REPLACE VIEW {quote(name)} AS {select}")
        except duckdb.IOException as error:
            raise KithError(
                f"the lake has no file for {name}", where=str(self.home.lake), way_out="run 'kith init'"
            ) from error


def _spill_folder(home: Home) -> Path:
    """Where what doesn't fit into memory goes: below KITH_HOME, as it may tell of people, and a folder to each
    connection, as two would write over each other. Those of processes that were killed are swept away."""
    if home.root.is_dir():
        home.spill.mkdir(exist_ok=True)
    for left in home.spill.glob("*-*"):
        if not _lives(int(left.name.partition("-")[0])):
            shutil.rmtree(left, ignore_errors=True)
    return home.spill / f"{os.getpid()}-{next(_opened)}"


_opened = count()


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def quote(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL text literal."""
    return "'" + text.replace("'", "''") + "'"
