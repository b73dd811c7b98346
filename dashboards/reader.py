"""Reading the published snapshot, and nothing else: never the warehouse file, never the lake.

A reader belongs to one run. Its answers are cached under that run: a page drawn twice asks once, and a new
run starts from an empty cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboards.damage import damage_told
from dashboards.masking import masked_select
from kith.lake import Home
from kith.settings import Settings
from kith.snapshot import Snapshot, current_snapshot
from kith.warehouse import Warehouse, literal, quote

Parameters = Mapping[str, Any]
#: The run that visitors see and the one that some still look at while it is replaced, each plain and masked.
READERS_KEPT, ANSWERS_KEPT = 4, 400
#: What DuckDB may hold of one run, so that the app with all its visitors keeps below 1.5 GB; beyond it spills to disk.
MEMORY = "500MB"


@dataclass(frozen=True)
class Reader:
    """The tables of one run, asked in SQL with named parameters (`$zone` is always given).

    `is_masked`: every table comes without what would tell who people are (see masking).
    """

    settings: Settings
    snapshot: Snapshot
    as_of: datetime
    warehouse: Warehouse
    is_masked: bool = False

    @property
    def run_id(self) -> str:
        return self.snapshot.run_id

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns of a published table; none if this run published no such table."""
        return _catalogue(self, self._key).get(table, ())

    @property
    def _key(self) -> str:
        """What answers are kept under: a viewer's are others than an analyst's."""
        return _key(self.snapshot, self.is_masked)

    def missing(self, *tables: str) -> tuple[str, ...]:
        """Those of the tables that this run did not publish."""
        return tuple(table for table in tables if not self.columns(table))

    def arrow(self, sql: str, **parameters: Any) -> pa.Table:
        """The answer as an Arrow table."""
        given = {"zone": self.settings.zone, **parameters}
        used = {name: value for name, value in given.items() if f"${name}" in sql}
        return _answer(self, self._key, sql, used)

    def rows(self, sql: str, **parameters: Any) -> list[dict[str, Any]]:
        """The answer as a list of rows; money stays decimal."""
        return self.arrow(sql, **parameters).to_pylist()

    def row(self, sql: str, **parameters: Any) -> dict[str, Any]:
        """The first row, or an empty one."""
        return next(iter(self.rows(sql, **parameters)), {})

    def frame(self, sql: str, **parameters: Any) -> pd.DataFrame:
        """The answer as a data frame, for charts and tables."""
        return self.arrow(sql, **parameters).to_pandas(date_as_object=False)


def open_reader(settings: Settings, *, is_masked: bool = False) -> Reader | None:
    """A reader of the snapshot that the pointer names now, or None before the first run."""
    snapshot = current_snapshot(Home(settings.home))
    return None if snapshot is None else _reader(settings, snapshot, _key(snapshot, is_masked), is_masked)


def _key(snapshot: Snapshot, is_masked: bool) -> str:
    return f"{snapshot.path}{' masked' if is_masked else ''}"


def pointed_run(settings: Settings) -> str | None:
    """The run that the pointer names now; cheap enough to ask every few seconds."""
    snapshot = current_snapshot(Home(settings.home))
    return None if snapshot is None else snapshot.run_id


@st.cache_resource(max_entries=READERS_KEPT, show_spinner=False)
def _reader(_settings: Settings, _snapshot: Snapshot, key: str, is_masked: bool) -> Reader:
    with damage_told(_snapshot):
        warehouse = Warehouse(_settings.model_copy(update={"memory_limit": MEMORY}))
        warehouse.attach_snapshot(_snapshot)
        if is_masked:
            _mask(warehouse, _snapshot)
        return Reader(_settings, _snapshot, _snapshot.as_of, warehouse, is_masked)


def _mask(warehouse: Warehouse, snapshot: Snapshot) -> None:
    """Each table under its name, masked; what the masks are laid over is in no schema that pages look into."""
    warehouse.connection.execute("CREATE SCHEMA unmasked")
    for name, path in snapshot.tables().items():
        files = path / "**" / "*.parquet" if path.is_dir() else path
        plain = f"unmasked.{quote(name)}"
        warehouse.connection.execute(f"CREATE VIEW {plain} AS FROM read_parquet({literal(str(files))})")
        columns = [row["column_name"] for row in warehouse.rows(f"DESCRIBE {plain}")]
        warehouse.connection.execute(
            f"CREATE OR REPLACE VIEW {quote(name)} AS {masked_select(plain, columns)}"
        )


@st.cache_data(max_entries=READERS_KEPT, show_spinner=False)
def _catalogue(_reader: Reader, key: str) -> dict[str, tuple[str, ...]]:
    found = _reader.warehouse.connection.cursor().execute(
        "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()"
        " WHERE schema_name = 'main' GROUP BY table_name"
    )
    published = _reader.snapshot.tables()
    return {table: tuple(columns) for table, columns in found.fetchall() if table in published}


@st.cache_data(max_entries=ANSWERS_KEPT, show_spinner=False)
def _answer(_reader: Reader, key: str, sql: str, parameters: Parameters) -> pa.Table:
    # A cursor is a connection of its own: visitors ask side by side.
    with damage_told(_reader.snapshot):
        return _reader.warehouse.connection.cursor().execute(sql, dict(parameters)).to_arrow_table()
