"""Matching of the rows of one table with each other, or of two tables across: from cleaned rows to groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from identity.matching.blocking import choose_passes, training_passes
from identity.matching.cleaning import cleaned, fields
from identity.matching.clusters import Pairs, cluster
from identity.matching.mapping import Mapping
from identity.matching.model import Progress, score_pairs

TABLES = ("left_records", "right_records")


@dataclass(frozen=True)
class Matching:
    """What was found. `pairs(left_row, right_row, score, reason)` are the pairs of one group, `rows
    (row_number, side, cluster_id)` every row with its group; rows count from 0, those of a second table go
    on where the first ends. `score` is a probability, null for two rows that were never compared and that
    only others join."""

    pairs: pa.Table
    rows: pa.Table
    compared_pair_count: int
    threshold: float
    model_version: str

    @property
    def cluster_count(self) -> int:
        """Groups of two rows or more."""
        return int(np.sum(self._sizes > 1))

    @property
    def largest_cluster(self) -> int:
        return int(np.max(self._sizes))

    @property
    def _sizes(self) -> np.ndarray:
        return np.unique(self.rows["cluster_id"].to_numpy(), return_counts=True)[1]


def ignore(step: str) -> None:
    """Progress that nobody looks at."""


def match_table(
    rows: pa.Table, mapping: Mapping, threshold: float | None = None, progress: Progress = ignore
) -> Matching:
    """Match the rows of a table (texts by the names of the mapping's columns) with each other."""
    with duckdb.connect() as database:
        database.register("given", rows)
        database.execute("CREATE TABLE raw AS SELECT row_number() OVER () - 1 AS row_number, * FROM given")
        records = database.execute(cleaned(mapping, "raw")).to_arrow_table()
    return match_records([records], mapping, threshold, progress)


def match_records(
    records: Sequence[pa.Table],
    mapping: Mapping,
    threshold: float | None = None,
    progress: Progress = ignore,
) -> Matching:
    """Match cleaned rows (see `cleaning`): one table with itself, or two across.

    `threshold` is a probability, the mapping's own by default. The work is done in a database of its own,
    which holds these rows and nothing else.
    """
    chosen = mapping.threshold if threshold is None else threshold
    tables = list(TABLES[: len(records)])
    with duckdb.connect() as database:
        # One thread: sums of doubles in another order would be other sums.
        database.execute(
            "SET threads = 1; SET enable_progress_bar = false; SET preserve_insertion_order = true"
        )
        for table, rows in zip(tables, records, strict=True):
            database.register("given", rows)
            database.execute(f"CREATE TABLE {table} AS SELECT * FROM given ORDER BY unique_id")
            database.unregister("given")
        version = _score(database, mapping, tables, progress)
        progress("grouping")
        _group(database, mapping, [rows.num_rows for rows in records], math.log2(chosen / (1 - chosen)))
        return Matching(
            pairs=database.execute(_PAIRS).to_arrow_table(),
            rows=database.execute("SELECT * FROM grouped ORDER BY row_number").to_arrow_table(),
            compared_pair_count=int(database.execute("SELECT count(*) FROM scored").fetchall()[0][0]),
            threshold=chosen,
            model_version=version,
        )


def _score(
    database: duckdb.DuckDBPyConnection, mapping: Mapping, tables: Sequence[str], progress: Progress
) -> str:
    known = fields(mapping)
    progress("choosing which rows to compare")
    passes = choose_passes(database, known, tables, mapping.blocking)
    lessons = training_passes(database, known, tables)
    if any(each.pair_count for each in passes) and lessons:
        return score_pairs(database, known, tables, passes, lessons, progress)
    # Hardly two rows share anything: there is nothing to learn from, and every row is a group of its own.
    database.execute("CREATE TABLE scored (left_row BIGINT, right_row BIGINT, weight DOUBLE, reason VARCHAR)")
    return ""


def _group(database: duckdb.DuckDBPyConnection, mapping: Mapping, counts: list[int], weight: float) -> None:
    """Make `grouped(row_number, side, cluster_id)`."""
    found = database.execute(
        "SELECT left_row, right_row, weight FROM scored ORDER BY left_row, right_row"
    ).fetchnumpy()
    pairs = Pairs(
        np.asarray(found["left_row"], dtype=np.int64),
        np.asarray(found["right_row"], dtype=np.int64),
        np.asarray(found["weight"], dtype=np.float64),
    )
    sides = np.repeat(np.arange(len(counts)), counts)
    labels = cluster(sum(counts), pairs, weight, sides if len(counts) == 2 else None, mapping.relation)
    rows = pa.table({"row_number": np.arange(len(labels)), "side": sides, "cluster_id": labels})
    database.register("grouped", rows)


_PAIRS = """
    WITH compared AS (
        SELECT least(left_row, right_row) AS one_row, greatest(left_row, right_row) AS other_row, weight, reason
        FROM scored
    )

    SELECT
        one.row_number AS left_row,
        other.row_number AS right_row,
        round(1 / (1 + pow(2, -compared.weight)), 6) AS score,
        coalesce(nullif(compared.reason, ''), 'through others') AS reason
    FROM grouped AS one
    INNER JOIN grouped AS other
        ON one.cluster_id = other.cluster_id AND one.row_number < other.row_number
    LEFT JOIN compared ON compared.one_row = one.row_number AND compared.other_row = other.row_number
    ORDER BY left_row, right_row
"""
