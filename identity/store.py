"""The state of identity as it lies in the lake: a base, and what changed since.

A run writes only what it changed. Once the changes weigh an eighth of the base, or are of many commits, the
run that finds this writes a new base instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from identity.tables import EDGES, IDENTIFIERS
from kith.errors import KithError
from kith.lake import Commit, Home, commits, latest_commit
from kith.warehouse import Warehouse, literal

ROOM = "identity"
SHARE = 8
COMMITS = 64
COMPLETE = ("conflicts", "splits", "rejected")


@dataclass(frozen=True)
class Extent:
    """Which commit holds the base, how many identifiers it had, and how much was written since."""

    base: str
    base_rows: int
    changed_rows: int = 0
    commit_count: int = 0

    def to_meta(self) -> dict[str, Any]:
        return {
            "base": self.base,
            "base_rows": self.base_rows,
            "changed_rows": self.changed_rows,
            "commit_count": self.commit_count,
        }

    def after(self, changed_rows: int) -> Extent:
        return Extent(self.base, self.base_rows, self.changed_rows + changed_rows, self.commit_count + 1)

    @property
    def is_worn(self) -> bool:
        """Whether a new base is due."""
        return self.changed_rows * SHARE > self.base_rows or self.commit_count > COMMITS


def read_extent(meta: Mapping[str, Any]) -> Extent | None:
    """The extent in a commit's meta; None if the commit is of another layout."""
    told = meta.get("extent")
    return (
        Extent(told["base"], told["base_rows"], told["changed_rows"], told["commit_count"]) if told else None
    )


def present_state(home: Home) -> Commit:
    """The latest commit of the room, or an error that says how to get one."""
    found = latest_commit(home, ROOM)
    if found is None or read_extent(found.meta) is None:
        raise KithError("identity was never resolved", way_out="run 'kith run' first")
    return found


def attach_state(warehouse: Warehouse, home: Home, state: Commit) -> None:
    """Views of the state at a commit: `known_identifiers`, `known_edges`, `known_conflicts`, `known_splits`,
    `known_rejected`, in the columns of the lake's tables.

    `known_edges` may hold several rows of a pair; the least time and the sum of counts hold.
    """
    extent = read_extent(state.meta)
    assert extent is not None
    chain = [each for each in commits(home, ROOM) if extent.base <= each.name <= state.name]
    base, changes = chain[0], chain[1:]
    run = warehouse.connection.execute
    columns = ", ".join(IDENTIFIERS.schema.names)
    run(f"""
        CREATE OR REPLACE TEMP TABLE recent_identifiers AS
        SELECT {columns}
        FROM (
            SELECT *, ROW_NUMBER() OVER (PARTITION BY identifier_key ORDER BY filename DESC) AS recency
            FROM {_files([each.table("identifiers") for each in changes] or [base.table("identifiers")])}
            WHERE {bool(changes)}
        ) AS ranked WHERE recency = 1
    """)
    older = f"SELECT {columns} FROM {_files([base.table('identifiers')])}"
    newer = f"""
        {older} ANTI JOIN recent_identifiers USING (identifier_key)
        UNION ALL SELECT {columns} FROM recent_identifiers
    """
    run(f"CREATE OR REPLACE TEMP VIEW known_identifiers AS {newer if changes else older}")
    edges = ", ".join(EDGES.schema.names)
    files = _files([each.table("edges") for each in chain])
    run(f"CREATE OR REPLACE TEMP VIEW known_edges AS SELECT {edges} FROM {files}")
    for name in COMPLETE:
        run(
            f"CREATE OR REPLACE TEMP VIEW known_{name} AS FROM read_parquet({literal(str(state.table(name)))})"
        )


def copy_rows(warehouse: Warehouse, select: str, file: Path) -> None:
    """Write a query's rows as a lake table of this commit."""
    warehouse.connection.execute(
        f"COPY ({select}) TO {literal(str(file))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
    )


def _files(paths: list[Path]) -> str:
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}], filename = true)"
