"""The lake: Parquet files with written schemas, where rooms meet."""

from kith.lake.commit_folder import (
    Commit,
    CommitWriter,
    commit,
    commits,
    latest_commit,
    lay_empty,
    read_commit,
    write_parquet,
)
from kith.lake.home import Home
from kith.lake.table import LakeTable
from kith.lake.tables import find_table, lake_tables, tables_of

__all__ = [
    "Commit",
    "CommitWriter",
    "Home",
    "LakeTable",
    "commit",
    "commits",
    "find_table",
    "lake_tables",
    "latest_commit",
    "lay_empty",
    "read_commit",
    "tables_of",
    "write_parquet",
]
