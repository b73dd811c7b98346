"""The first look: rows whose marks differ from those that were kept, a few of ten million.

A row has 128 bits: 64 of its key (`place`) and 64 of its fields (`mark`). Whether marks can be
trusted to tell the whole is asked of the counts: two keys of one place, or a known key that stands twice, make rows of
the source ≠ marks + new − gone, or let one place appear twice; then every row is compared by its md5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from activation.syncs.grammar import Sync
from activation.syncs.rows_sql import MARK, PERSON, column_of, marks_of
from kith.warehouse import Warehouse, literal


def lay_candidates(
    warehouse: Warehouse, sync: Sync, types: Mapping[str, str], marks: Path, keyed: int
) -> bool:
    """Leave the table `candidates`: the rows of `source` that are new or changed, with their marks and `is_new`; of a
    row that is gone the place alone. `keyed`: rows of the source that have a key. False where marks can't tell.
    """
    person = [PERSON] if sync.consent else []
    fields = ", ".join(f"now.{column}" for column in (*map(column_of, types), *person))
    kept = f"(SELECT place, {MARK} FROM read_parquet({literal(str(marks))}))"
    with _in_written_order(warehouse):
        warehouse.connection.execute(
            f"""
        CREATE OR REPLACE TEMP TABLE candidates AS
        SELECT {fields}, now.row_key, now.{MARK},
            COALESCE(now.place, kept.place) AS place, kept.place IS NULL AS is_new
        FROM (SELECT *, {marks_of(types)} FROM source WHERE row_key IS NOT NULL) AS now
        FULL JOIN {kept} AS kept ON kept.place = now.place
        WHERE kept.{MARK} IS DISTINCT FROM now.{MARK}"""
        )
    told = warehouse.rows(_TOLD)[0]
    is_told_once = told["known_count"] == told["known_places"]
    return is_told_once and keyed == count_marks(warehouse, marks) + told["new_count"] - told["gone_count"]


def lay_all(warehouse: Warehouse, types: Mapping[str, str]) -> None:
    """Leave every row of the source in `candidates`."""
    warehouse.connection.execute("DROP TABLE IF EXISTS candidates")
    warehouse.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW candidates AS SELECT *, {marks_of(types)}, FALSE AS is_new FROM source"
    )


def count_marks(warehouse: Warehouse, marks: Path) -> int:
    return warehouse.value(f"SELECT count(*) FROM read_parquet({literal(str(marks))})")


def count_source(warehouse: Warehouse, sync: Sync, types: Mapping[str, str]) -> tuple[int, int]:
    """Rows of the source with a key, and without one. Of a stored table whose key is one column the statistics know
    it; only where they name rows that may lack a key are all keys read."""
    if sync.source.table is not None and sync.consent is None and len(sync.key) == 1:
        column, kind = column_of(sync.key[0]), types[sync.key[0]]
        least = f"(SELECT count(*) FROM source WHERE {column} < chr(1))" if kind == "varchar" else "0"
        row = warehouse.rows(f"SELECT count(*) AS n, count({column}) AS told, {least} AS least FROM source")[
            0
        ]
        if row["n"] == row["told"] and not row["least"]:
            return row["n"], 0
    row = warehouse.rows("SELECT count(*) AS n, count(row_key) AS keyed FROM source")[0]
    return row["keyed"], row["n"] - row["keyed"]


_TOLD = """
    SELECT
        count(*) FILTER (is_new) AS new_count,
        count(*) FILTER (row_key IS NULL) AS gone_count,
        count(*) FILTER (row_key IS NOT NULL AND NOT is_new) AS known_count,
        count(DISTINCT place) FILTER (row_key IS NOT NULL AND NOT is_new) AS known_places
    FROM candidates"""


@contextmanager
def _in_written_order(warehouse: Warehouse) -> Iterator[None]:
    """The hash table is built over the marks, three numbers a row. DuckDB takes the filter on keys for a strong one, and
    would build it over the source with all its columns: twice the time, four times the memory."""
    warehouse.connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
    try:
        yield
    finally:
        warehouse.connection.execute("SET disabled_optimizers = ''")
