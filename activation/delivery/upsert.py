"""INSERT … ON CONFLICT in the words of the database at hand."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(connection: Connection, table: sa.Table) -> Any:
    """An INSERT of the connection's own dialect, for its ON CONFLICT."""
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)


def insert_new(connection: Connection, table: sa.Table) -> Any:
    """An INSERT that skips rows whose key is there. Its `rowcount` counts the new ones on PostgreSQL too."""
    skipping = insert_into(connection, table).on_conflict_do_nothing()
    return skipping.execution_options(preserve_rowcount=True)
