"""One commit of the room: all of it, or what changed since the commit before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pyarrow as pa

from identity.changes import Changes
from identity.cursor import Cursor
from identity.full import FullResolution, write_edges, write_identifiers
from identity.increment import Increment
from identity.rules import IdentityRules
from identity.store import ROOM, Extent, copy_rows, read_extent
from identity.tables import IDENTIFIERS
from kith.definitions import Definition
from kith.lake import Commit, CommitWriter, commit
from kith.run import Run
from kith.settings import Settings
from kith.times import format_instant, to_utc_naive
from kith.warehouse import Warehouse

COUNTS = ("identifier_count", "profile_count", "conflict_count")


@dataclass(frozen=True)
class Resolution:
    """What one resolution found: the state after it, and how many rows it counted and identifiers it changed.

    `commit` is the commit that holds the state, new or not; `is_changed` whether the state differs from the
    one before, `is_full` whether all was resolved anew.
    """

    identifier_count: int
    profile_count: int
    conflict_count: int
    row_count: int
    changed_count: int
    is_full: bool
    is_changed: bool
    commit: str


@dataclass(frozen=True)
class Counting:
    """What every step of one resolution is handed. `previous` is the commit that it follows; `matching` tells
    which proposed merges are in effect, none if it is empty."""

    settings: Settings
    run: Run
    rules: Definition[IdentityRules]
    previous: Commit | None
    warehouse: Warehouse
    matching: str = ""


def write_full(
    counting: Counting,
    cursor: Cursor,
    full: FullResolution,
    splits: pa.Table,
    found: Resolution,
    changes: Changes | None,
) -> Resolution:
    """A commit that holds everything. What changed rules brought is told in its meta."""
    warehouse, rules = counting.warehouse, counting.rules.body
    with commit(counting.run.home(counting.settings), ROOM) as writer:
        write_identifiers(warehouse, rules, full, writer.path / "identifiers.parquet")
        write_edges(warehouse, full, writer.path / "edges.parquet")
        rejected = warehouse.arrow("SELECT * FROM refusals ORDER BY identifier_type, reason")
        for name, rows in (("conflicts", full.conflicts), ("splits", splits), ("rejected", rejected)):
            writer.write(name, rows)
        extent = Extent(writer.name, full.identifier_count)
        return _describe(counting, writer, cursor, extent, full.salt, found, changes)


def write_step(
    counting: Counting, cursor: Cursor, step: Increment, splits: pa.Table, found: Resolution
) -> Resolution:
    """A commit of what changed, or of a new base where the changes have grown too many."""
    warehouse, previous = counting.warehouse, counting.previous
    assert previous is not None
    extent = read_extent(previous.meta)
    assert extent is not None
    extent = extent.after(step.identifiers.num_rows)
    with commit(counting.run.home(counting.settings), ROOM) as writer:
        if extent.is_worn:
            _write_base(warehouse, step, writer)
            extent = Extent(writer.name, found.identifier_count)
        else:
            writer.write("identifiers", step.identifiers)
            copy_rows(warehouse, step.edges, writer.path / "edges.parquet")
        for name, rows in (("conflicts", step.conflicts), ("splits", splits)):
            writer.write(name, rows)
        writer.write("rejected", warehouse.arrow(_REJECTED))
        return _describe(counting, writer, cursor, extent, int(previous.meta["salt"]), found, None)


def _write_base(warehouse: Warehouse, step: Increment, writer: CommitWriter) -> None:
    columns = ", ".join(IDENTIFIERS.schema.names)
    warehouse.connection.register("changed_identifiers", IDENTIFIERS.conform(step.identifiers))
    identifiers = f"""
        SELECT {columns} FROM known_identifiers ANTI JOIN changed_identifiers USING (identifier_key)
        UNION ALL
        SELECT {columns} FROM changed_identifiers
    """
    copy_rows(warehouse, identifiers, writer.path / "identifiers.parquet")
    edges = f"""
        SELECT left_key, right_key, is_left_behind, MIN(first_received_at) AS first_received_at,
            CAST(SUM(edge_count) AS BIGINT) AS edge_count
        FROM (FROM known_edges UNION ALL {step.edges}) AS pairs
        GROUP BY left_key, right_key, is_left_behind
    """
    copy_rows(warehouse, edges, writer.path / "edges.parquet")


_REJECTED = """
    SELECT
        identifier_type, reason, CAST(SUM(row_count) AS BIGINT) AS row_count, MIN(example) AS example
    FROM (FROM known_rejected UNION ALL BY NAME FROM refusals) AS refused
    GROUP BY identifier_type, reason
    ORDER BY identifier_type, reason
"""


def _describe(
    counting: Counting,
    writer: CommitWriter,
    cursor: Cursor,
    extent: Extent,
    salt: int,
    found: Resolution,
    changes: Changes | None,
) -> Resolution:
    """The row of `resolutions`, and the meta from which the next run goes on."""
    counts = {name: getattr(found, name) for name in COUNTS}
    row = {
        "base_commit": extent.base,
        "as_of": to_utc_naive(counting.run.as_of),
        "rules_version": counting.rules.version,
        "is_full": found.is_full,
        "row_count": found.row_count,
        "changed_count": found.changed_count,
        **counts,
    }
    writer.write("resolutions", pa.Table.from_pylist([row]))
    meta: dict[str, Any] = {
        "as_of": format_instant(counting.run.as_of),
        "rules_version": counting.rules.version,
        "engine": duckdb.__version__,
        "matching_version": counting.matching,
        "salt": salt,
        "cursor": cursor.to_meta(),
        "extent": extent.to_meta(),
        **counts,
    }
    previous = counting.previous
    if changes is not None and previous and previous.meta.get("rules_version") != counting.rules.version:
        meta["changes"] = vars(changes)
    writer.meta.update(meta)
    return replace(found, commit=writer.name)
