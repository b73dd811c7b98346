"""dbt's models run alone: their compiled SQL over tables that a test lays, without building what comes before."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa

from tests.unit.warehouse.lake import Lake, run_dbt


@cache
def compiled(*models: str) -> dict[str, str]:
    """The SQL of each model, in which other models go by their bare names."""
    with TemporaryDirectory() as folder:
        lake = Lake(Path(folder)).lay_empty()
        selection = [word for model in models for word in ("--select", model)]
        result = run_dbt(lake.home, None, "compile", *selection, target="dev")
        nodes = {each.node.name: each.node.compiled_code for each in result.result.results}
    return {name: re.sub(r'"dev"\."main"\.', "", nodes[name]) for name in models}


def build(models: tuple[str, ...], **tables: pa.Table) -> dict[str, list[dict[str, Any]]]:
    """The rows of each model, built one after the other over the tables given."""
    sql = compiled(*models)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, rows in tables.items():
            connection.register(f"given_{name}", rows)
            connection.execute(f'CREATE TABLE "{name}" AS FROM given_{name}')
        for name in models:
            connection.execute(f'CREATE TABLE "{name}" AS {sql[name]}')
        return {name: connection.execute(f'FROM "{name}"').to_arrow_table().to_pylist() for name in models}
