"""`sync_diff_10m`: which of ten million rows are new, changed or gone, beside EXCEPT over all columns both ways."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from activation.syncs import difference
from activation.syncs.held import Marks
from activation.syncs.history import FINISH, read_history
from activation.syncs.planned import copy_table
from activation.syncs.rows_sql import hash_of, lay_source, marks_of
from kith.init import initialise
from kith.lake import Home, commit
from kith.settings import Settings, load_settings
from kith.warehouse import Warehouse, literal
from tests.bench.frame import Entry

ROWS = 10_000_000
FIELDS = (
    "profile_id", "email", "first_name", "country", "tier", "order_amount", "order_count", "last_seen_at", "churn",
    "is_reachable",
)  # fmt: skip
TARGET = "bench"


def _sync() -> Any:
    from activation.syncs.grammar import Sync

    told = {
        "name": "bench",
        "from": {"table": "people"},
        "to": "webhook",
        "mode": "mirror",
        "key": "profile_id",
    }
    return Sync.model_validate({**told, "fields": list(FIELDS)})


def _settings(folder: Path) -> Settings:
    return load_settings(home=folder / "home")


def prepare(folder: Path) -> None:
    """Yesterday's table and today's, of which 1 % changed, 0.1 % came and 0.1 % went; what was sent yesterday is
    kept."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2; SET memory_limit = '8GB'; SET preserve_insertion_order = false")
        connection.execute(_OLD.format(rows=ROWS, file=folder / "old.parquet"))
        connection.execute(_NEW.format(old=folder / "old.parquet", file=folder / "new.parquet"))
    settings = _settings(folder)
    initialise(settings)
    with Warehouse(settings) as warehouse:
        warehouse.view("people", folder / "old.parquet")
        types = lay_source(warehouse, _sync(), "bench")
        meta = {
            "kind": FINISH,
            "sync": "bench",
            "target": TARGET,
            "run_id": "0",
            "is_base": True,
            "shape": {},
        }
        with commit(Home(settings.home), "syncs", meta) as writer:
            held = f"SELECT row_key, {hash_of(types)} AS row_hash, NULL AS refused_hash, '' AS remote_id FROM source"
            copy_table(warehouse, writer, "held", held)
        marks = Marks.of(Home(settings.home), TARGET)
        fresh = marks.fresh("0")
        warehouse.connection.execute(
            f"COPY (SELECT {marks_of(types)} FROM source) TO {literal(str(fresh))} (FORMAT parquet)"
        )
        marks.adopt(warehouse, fresh, writer.name, marks_of(types))


_OLD = """
    COPY (
        SELECT md5(CAST(g AS VARCHAR)) AS profile_id, 'user' || g || '@example.net' AS email,
            'Name' || (g * 7919 % 20011) AS first_name, ['DE', 'FR', 'IN', 'US'][1 + (g % 4)] AS country,
            ['gold', 'silver', 'basic'][1 + (g % 3)] AS tier,
            CAST((g * 48271 % 9000000) / 100.0 AS DECIMAL(18, 4)) AS order_amount, g * 69621 % 30 AS order_count,
            TIMESTAMP '2026-01-01' + to_seconds(g * 40692 % 9000000) AS last_seen_at,
            (g * 16807 % 1000000) / 1000000.0 AS churn, g % 7 < 3 AS is_reachable
        FROM (SELECT CAST(range AS BIGINT) AS g FROM range({rows}))
    ) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"""

_NEW = """
    COPY (
        SELECT * REPLACE (CASE WHEN hash(email) % 100 = 7 THEN order_count + 1 ELSE order_count END AS order_count)
        FROM '{old}' WHERE hash(email) % 1000 <> 3
        UNION ALL
        SELECT * REPLACE (md5(profile_id) AS profile_id) FROM '{old}' WHERE hash(email) % 1000 = 5
    ) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"""

_FOUND = """
    SELECT count(*) FILTER ({added}) AS arrived, count(*) FILTER ({gone}) AS gone,
        bit_xor(hash(row_key)) FILTER ({added}) AS arrived_sum, bit_xor(hash(row_key)) FILTER ({gone}) AS gone_sum
    FROM {relation}"""


def ours(folder: Path) -> Mapping[str, Any]:
    """marks of both sides joined, then the md5 of what differs; the rows to push with their content"""
    settings = _settings(folder)
    with Warehouse(settings) as warehouse:
        warehouse.view("people", folder / "new.parquet")
        warehouse.connection.execute("SET preserve_insertion_order = false")
        types = lay_source(warehouse, _sync(), "bench")
        history = read_history(Home(settings.home), "bench")
        marks = Marks.of(Home(settings.home), TARGET).present(warehouse, history, marks_of(types))
        assert marks is not None, "the marks don't fit"
        difference.lay_changes(warehouse, history, TARGET, types, _sync(), marks)
        told = _FOUND.format(
            added="change IN ('new', 'changed')", gone="change IN ('gone', 'changed')", relation="changes"
        )
        return {name: str(value) for name, value in warehouse.rows(told)[0].items()}


def baseline(folder: Path) -> Mapping[str, Any]:
    """EXCEPT on all ten columns both ways over the two tables, the keys kept, in DuckDB on two threads"""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2; SET memory_limit = '8GB'; SET preserve_insertion_order = false")
        connection.execute(
            f"""
            CREATE TABLE differing AS
            SELECT profile_id AS row_key, true AS is_new FROM (FROM '{folder}/new.parquet' EXCEPT FROM
            '{folder}/old.parquet')
            UNION ALL
            SELECT profile_id, false FROM (FROM '{folder}/old.parquet' EXCEPT FROM '{folder}/new.parquet')"""
        )
        found = connection.execute(
            _FOUND.format(added="is_new", gone="NOT is_new", relation="differing")
        ).fetchone()
        names = ("arrived", "gone", "arrived_sum", "gone_sum")
        return {name: str(value) for name, value in zip(names, found or (), strict=True)}


ENTRY = Entry(
    name="sync_diff_10m",
    work=f"{ROWS:,} rows of 10 columns, 1 % changed, 0.1 % new, 0.1 % gone",
    prepare=prepare,
    ours=ours,
    baseline=baseline,
    target=3.0,
)
