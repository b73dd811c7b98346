"""The tables of one build, as either engine shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from tests.integration.spark.digests import DUCKDB, SPARK, Column, Dialect, column_of


class Tables(Protocol):
    """An engine with a schema of built tables."""

    dialect: Dialect

    def columns(self, table: str) -> list[Column] | None:
        """The table's columns in order, or nothing where there is no such table."""
        ...

    def name(self, table: str) -> str:
        """The table's name in a query."""
        ...

    def query(self, sql: str) -> pa.Table:
        """The rows of a query."""
        ...


class DuckDBTables:
    """A warehouse file of DuckDB, read only."""

    dialect = DUCKDB

    def __init__(self, warehouse: Path) -> None:
        self._connection = duckdb.connect(str(warehouse), read_only=True)

    def columns(self, table: str) -> list[Column] | None:
        try:
            described = self._connection.sql(f"describe {self.name(table)}").fetchall()
        except duckdb.CatalogException:
            return None
        return [column_of(str(row[0]), str(row[1])) for row in described]

    def name(self, table: str) -> str:
        return f'main."{table}"'

    def query(self, sql: str) -> pa.Table:
        return self._connection.sql(sql).to_arrow_table()

    def close(self) -> None:
        self._connection.close()


class SparkTables:
    """A schema behind Spark Connect."""

    dialect = SPARK

    def __init__(self, remote: str, schema: str = "kith") -> None:
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.remote(remote).config("spark.sql.session.timeZone", "UTC")
        self._session: Any = builder.getOrCreate()
        self._schema = schema

    def columns(self, table: str) -> list[Column] | None:
        if not self._session.catalog.tableExists(f"{self._schema}.{table}"):
            return None
        fields = self._session.sql(f"select * from {self.name(table)} limit 0").schema.fields
        return [column_of(field.name, field.dataType.simpleString()) for field in fields]

    def name(self, table: str) -> str:
        return f"{self._schema}.`{table}`"

    def query(self, sql: str) -> pa.Table:
        return self._session.sql(sql).toArrow()

    def command(self, sql: str) -> None:
        """A statement without rows: Sail counts the rows that it wrote in a type that the client can't read."""
        self._session.sql(sql)

    def close(self) -> None:
        self._session.stop()


def in_list(digests: Sequence[str]) -> str:
    return "(" + ", ".join(f"'{digest}'" for digest in digests) + ")"
