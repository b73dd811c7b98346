"""Many rows in one statement, in the words of the database at hand.

A statement a row costs more than the row does: whatever touches messages takes a batch of them.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql

from kith.times import to_utc_naive


def among(dialect: str, column: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """`column` is one of the texts that are bound as `among`, by `listed`: one parameter, whatever their number. So a
    statement can be built once; building one costs several times as much as running it."""
    if dialect == "postgresql":
        return column == sa.func.any(sa.bindparam("among", type_=postgresql.ARRAY(sa.Text)))
    given = sa.func.json_each(sa.bindparam("among", type_=sa.Text)).table_valued("value")
    return column.in_(sa.select(given.c.value))


def listed(dialect: str, values: Sequence[str]) -> Any:
    """Texts as `among` takes them."""
    return list(values) if dialect == "postgresql" else orjson.dumps(list(values)).decode()


def insert_rows(
    connection: Connection,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    skip_known: bool = False,
) -> int:
    """Insert rows as the driver takes them (instants by `stored`). Answers how many; `skip_known` leaves those out
    whose key is there."""
    if not rows:
        return 0
    is_sqlite = connection.dialect.name == "sqlite"
    statement = _insert(table.name, tuple(columns), "?" if is_sqlite else "%s", skip_known)
    result = connection.exec_driver_sql(statement, [tuple(row) for row in rows])
    return result.rowcount


@cache
def _insert(table: str, columns: tuple[str, ...], mark: str, skip_known: bool) -> str:
    names, marks = ", ".join(columns), ", ".join([mark] * len(columns))
    tail = " ON CONFLICT DO NOTHING" if skip_known else ""
    return f"INSERT INTO {table} ({names}) VALUES ({marks}){tail}"


def stored(is_sqlite: bool, at: datetime) -> Any:
    """An instant as its column holds it: a text on SQLite, without a zone on PostgreSQL."""
    naive = to_utc_naive(at)
    return naive.strftime("%Y-%m-%d %H:%M:%S.%f") if is_sqlite else naive
