"""Queries with the project's macros over rows of a test, and the shared files that such tests measure against."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.unit.warehouse.lake import PROJECT, _environment, _parsed


def unpacked(path: Path) -> bytes:
    """One file, gunzipped where it is packed; the test is skipped where it is absent."""
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@cache
def rendered(sql: str) -> str:
    """A query with the project's macros, as dbt compiles it for DuckDB."""
    from tempfile import TemporaryDirectory

    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    with TemporaryDirectory() as folder, _environment(Path(folder), None):
        options = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target", "run", "--quiet",
                   "--target-path", f"{folder}/target", "--log-path", f"{folder}/logs"]  # fmt: skip
        try:
            runner = dbtRunner(manifest=_parsed("run").deepcopy())
            result: Any = runner.invoke(["compile", "--inline", sql, *map(str, options)])
        finally:
            DuckDBConnectionManager.close_all_connections()
    assert result.success, result.exception
    return result.result.results[0].node.compiled_code


def asked(sql: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a query with macros answers over the table `given`."""
    with duckdb.connect() as connection:
        connection.register("given", pa.Table.from_pylist(rows))
        found = connection.execute(rendered(sql))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
