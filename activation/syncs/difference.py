"""Which rows of a source are new, changed or gone since the destination took them.

Two looks. The first joins the marks of the source with those that were kept, both 64-bit numbers, and lets through what
differs: a few rows of ten million. The second holds those against the lake by their md5. Without marks every row goes
to the second. A row is missed only where a changed row has the same 64-bit hash as before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from activation.destinations.contract import Mode, Operation
from activation.syncs.held import DUPLICATE, GONE, lay_held
from activation.syncs.history import History
from activation.syncs.rows_sql import column_of, content_of, hash_of, marks_of
from kith.warehouse import Warehouse, literal

#: What each mode does with a row that is new, changed or gone. `replace` places all rows if any differs.
OPERATIONS: Mapping[Mode, Mapping[str, Operation]] = {
    Mode.INSERT: {"new": Operation.INSERT},
    Mode.UPDATE: {"new": Operation.UPDATE, "changed": Operation.UPDATE},
    Mode.UPSERT: {"new": Operation.UPSERT, "changed": Operation.UPSERT},
    Mode.MIRROR: {"new": Operation.UPSERT, "changed": Operation.UPSERT, "gone": Operation.DELETE},
    Mode.APPEND: {"new": Operation.APPEND, "changed": Operation.APPEND},
    Mode.AUDIENCE: {"new": Operation.ADD, "gone": Operation.REMOVE},
    Mode.REPLACE: dict.fromkeys(("new", "changed", "same"), Operation.PLACE),
}


@dataclass(frozen=True)
class Counts:
    """Rows of the source with a key, without one, keys that stand more than once; rows held; what became of them."""

    source: int
    without_key: int
    duplicate_keys: int
    held: int
    new: int
    changed: int
    gone: int


def lay_changes(
    warehouse: Warehouse,
    history: History,
    target: str,
    types: Mapping[str, str],
    mode: Mode,
    marks: Path | None,
) -> Counts:
    """Leave the table `changes`: row_key, change (new, changed, same, gone), row_hash, held_hash, remote_id, content,
    place, mark, is_duplicate. `same` only where the mode places all rows. Needs the view `source`.
    """
    source, without_key = _count_source(warehouse)
    usable = marks if mode is not Mode.REPLACE else None
    is_narrow = usable is not None and _lay_candidates(warehouse, types, usable, source)
    if not is_narrow:
        _lay_all(warehouse, types)
    lay_held(warehouse, history, target, restricted=is_narrow)
    keeps_same = str(mode is Mode.REPLACE).upper()
    sql = _CHANGES.format(content=content_of(types), row_hash=hash_of(types), keeps_same=keeps_same)
    warehouse.connection.execute(sql)
    held = _count_held(warehouse, history, target, usable if is_narrow else None)
    found = warehouse.rows(_COUNTED)[0]
    return Counts(source, without_key, held=held, **found)


def any_change(counts: Counts) -> bool:
    return bool(counts.new or counts.changed or counts.gone)


def _count_source(warehouse: Warehouse) -> tuple[int, int]:
    row = warehouse.rows("SELECT count(*) AS total, count(row_key) AS keyed FROM source")[0]
    return row["keyed"], row["total"] - row["keyed"]


def _lay_candidates(warehouse: Warehouse, types: Mapping[str, str], marks: Path, source: int) -> bool:
    """The rows whose marks differ. False where a key stands twice among those that are known: then all are looked at.

    Without such keys, rows of the source = marks + new − gone.
    """
    fields = ", ".join(f"now.{column_of(field)}" for field in types)
    with _in_written_order(warehouse):
        warehouse.connection.execute(
            f"""
        CREATE OR REPLACE TEMP TABLE candidates AS
        SELECT {fields}, now.row_key, now.mark, COALESCE(now.place, kept.place) AS place,
            kept.place IS NULL AS is_new
        FROM (SELECT *, {marks_of(types)} FROM source WHERE row_key IS NOT NULL) AS now
        FULL JOIN read_parquet({literal(str(marks))}) AS kept ON kept.place = now.place
        WHERE kept.mark IS DISTINCT FROM now.mark"""
        )
    warehouse.connection.execute("CREATE OR REPLACE TEMP VIEW asked AS SELECT place FROM candidates")
    told = warehouse.rows(
        """
        SELECT count(*) FILTER (is_new) AS new_count, count(*) FILTER (row_key IS NULL) AS gone_count FROM candidates
        """
    )[0]
    return source == _marked(warehouse, marks) + told["new_count"] - told["gone_count"]


@contextmanager
def _in_written_order(warehouse: Warehouse) -> Iterator[None]:
    """The hash table is built over the marks, two numbers a row. DuckDB takes the filter on keys for a strong one, and
    would build it over the source with all its columns: twice the time, four times the memory."""
    warehouse.connection.execute("SET disabled_optimizers = 'build_side_probe_side'")
    try:
        yield
    finally:
        warehouse.connection.execute("SET disabled_optimizers = ''")


def _lay_all(warehouse: Warehouse, types: Mapping[str, str]) -> None:
    warehouse.connection.execute("DROP TABLE IF EXISTS candidates")
    warehouse.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW candidates AS SELECT *, {marks_of(types)} FROM source"
    )


def _marked(warehouse: Warehouse, marks: Path) -> int:
    return warehouse.value(f"SELECT count(*) FROM read_parquet({literal(str(marks))})")


def _count_held(warehouse: Warehouse, history: History, target: str, marks: Path | None) -> int:
    """How many rows the destination holds; the marks are as many, but for rows whose last change it refused."""
    if marks is not None:
        return _marked(warehouse, marks)
    return warehouse.value("SELECT count(*) FROM held WHERE row_hash IS NOT NULL")


_CHANGES = f"""
    CREATE OR REPLACE TEMP TABLE changes AS
    WITH repeated AS (
        SELECT row_key FROM candidates WHERE row_key IS NOT NULL GROUP BY row_key HAVING count(*) > 1
    ),
    now AS (
        SELECT candidates.*, {{row_hash}} AS row_hash, repeated.row_key IS NOT NULL AS is_duplicate
        FROM candidates LEFT JOIN repeated ON repeated.row_key = candidates.row_key
        WHERE candidates.row_key IS NOT NULL
    ),
    compared AS (
        SELECT now.* EXCLUDE (row_key, row_hash, place, is_duplicate),
            COALESCE(now.row_key, held.row_key) AS row_key,
            CASE
                WHEN now.row_key IS NULL THEN 'gone'
                WHEN held.row_hash IS NULL THEN 'new'
                WHEN held.row_hash <> now.row_hash THEN 'changed'
                ELSE 'same'
            END AS change,
            now.row_hash, held.row_hash AS held_hash, COALESCE(held.remote_id, '') AS remote_id,
            COALESCE(now.place, hash(held.row_key)) AS place,
            COALESCE(now.is_duplicate, FALSE) AS is_duplicate
        FROM now
        FULL JOIN held ON held.row_key = now.row_key
        WHERE NOT COALESCE(held.refused_hash = CASE
                WHEN now.row_key IS NULL THEN '{GONE}' WHEN now.is_duplicate THEN '{DUPLICATE}' ELSE now.row_hash
            END, FALSE)
            AND NOT (now.row_key IS NULL AND held.row_hash IS NULL)
    )
    SELECT row_key, change, row_hash, held_hash, remote_id, {{content}} AS content, place, mark, is_duplicate
    FROM compared WHERE change <> 'same' OR is_duplicate OR {{keeps_same}}"""

_COUNTED = """
    SELECT
        count(DISTINCT row_key) FILTER (is_duplicate) AS duplicate_keys,
        count(*) FILTER (change = 'new' AND NOT is_duplicate) AS new,
        count(*) FILTER (change = 'changed' AND NOT is_duplicate) AS changed,
        count(*) FILTER (change = 'gone') AS gone
    FROM changes"""
