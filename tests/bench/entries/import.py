"""`import`: a million rows of a shop's CSV to events, beside one COPY of DuckDB with the same expressions.

Ours reads, judges each row, numbers equal rows, judges the batch by Great Expectations and commits; the
baseline trusts the file. Both write every event with the same ids, and the bench compares all of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from tests.bench.frame import Entry

ROWS = 1_000_000
MAPPING = """
name: bench_shop
source: bench_shop
format: {kind: csv, delimiter: ","}
events:
  seen:
    event: {column: event_type, case: {view: Product Viewed, cart: Product Added, purchase: Order Completed}}
    time: event_time
    user_id: user_id
    properties:
      session_id: user_session
      product_id: product_id
      category: category_code
      brand: brand
      price: {column: price, as: number}
"""
COLUMNS = (
    "event_time", "event_type", "product_id", "category_code", "brand", "price", "user_id", "user_session",
)  # fmt: skip


def prepare(folder: Path) -> None:
    """A month of views, carts and purchases; one row in five hundred stands twice."""
    (folder / "mapping.yml").write_text(MAPPING)
    duckdb.execute(f"""
        COPY (SELECT strftime(TIMESTAMP '2026-03-01' + INTERVAL (i * 2592000 // {ROWS}) SECOND,
                              '%Y-%m-%d %H:%M:%S UTC')
                     AS event_time,
                     CASE WHEN i % 50 = 0 THEN 'purchase' WHEN i % 20 = 0 THEN 'cart' ELSE 'view' END
                     AS event_type,
                     1000000 + i * 7919 % 50000 AS product_id, 'appliances.kitchen.kettle' AS category_code,
                     'brand ' || i % 97 AS brand, (i * 31 % 100000) / 100 AS price,
                     500000000 + i * 104729 % 200000 AS user_id, md5((i // 8)::TEXT) AS user_session
              FROM (SELECT CASE WHEN j % 500 = 1 THEN j - 1 ELSE j END AS i FROM range({ROWS}) AS r(j)))
        TO '{folder / "shop.csv"}' (HEADER)""")


def load() -> None:
    """What both sides import before the clock starts."""
    import great_expectations  # noqa: F401
    import pandas as pd
    import pyarrow.parquet  # noqa: F401

    from ingestion import imports  # noqa: F401
    from ingestion.arrivals import Figures, judge

    judge(Figures(1, 0, 0, 0, 0.0, 0.0, 0, 0, 0, 0, None), pd.DataFrame(), [])


def reset(folder: Path) -> None:
    """A fresh home, laid out."""
    from kith.init import initialise
    from kith.settings import load_settings

    shutil.rmtree(folder / "home", ignore_errors=True)
    (folder / "baseline.parquet").unlink(missing_ok=True)
    initialise(load_settings(home=folder / "home"))


def ours(folder: Path) -> Mapping[str, Any]:
    """kith import"""
    from datetime import UTC, datetime

    from ingestion.imports import import_events
    from kith.settings import load_settings

    settings = load_settings(home=folder / "home")
    done = import_events(
        settings, folder / "shop.csv", folder / "mapping.yml", datetime(2026, 5, 1, tzinfo=UTC)
    )
    return {"rows": done.rows_landed, "digest": _digest(folder / "home/lake/events/0000000001/*/*.parquet")}


def baseline(folder: Path) -> Mapping[str, Any]:
    """one DuckDB COPY with the mapping's own expressions"""
    content = "concat_ws(chr(31), " + ", ".join(f"coalesce({name}, chr(30))" for name in COLUMNS) + ")"
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS) + "}"
    connection = duckdb.connect(config={"threads": 2})
    connection.execute(f"""
        COPY (
            SELECT md5('bench_shop' || chr(31) || 'seen' || chr(31) || {content} || chr(31)
                       || row_number() OVER (PARTITION BY {content})) AS event_id,
                'track' AS type,
                CASE event_type WHEN 'view' THEN 'Product Viewed' WHEN 'cart' THEN 'Product Added'
                    WHEN 'purchase' THEN 'Order Completed' END AS event,
                NULL::VARCHAR AS anonymous_id, nullif(trim(nfc_normalize(user_id)), '') AS user_id,
                NULL::VARCHAR AS previous_id, NULL::VARCHAR AS group_id,
                TRY_CAST(event_time AS TIMESTAMP) AS occurred_at, NULL::TIMESTAMP AS sent_at,
                TRY_CAST(event_time AS TIMESTAMP) AS received_at,
                TRY_CAST(event_time AS TIMESTAMP) AS effective_at,
                'batch' AS batch_id, 'bench_shop' AS source,
                '{{' || concat_ws(',', '"session_id":' || to_json(nfc_normalize(user_session)),
                    '"product_id":' || to_json(nfc_normalize(product_id)),
                    '"category":' || to_json(nfc_normalize(category_code)),
                    '"brand":' || to_json(nfc_normalize(brand)),
                    '"price":' || TRY_CAST(price AS DOUBLE)::VARCHAR) || '}}' AS properties,
                NULL::VARCHAR AS traits, NULL::VARCHAR AS context
            FROM read_csv('{folder / "shop.csv"}', auto_detect = false, header = true, delim = ',',
                          quote = '"', escape = '"', columns = {columns})
        ) TO '{folder / "baseline.parquet"}' (FORMAT parquet, COMPRESSION zstd)""")
    rows = connection.execute(f"SELECT count(*) FROM '{folder / 'baseline.parquet'}'").fetchone()
    return {"rows": rows[0] if rows else 0, "digest": _digest(folder / "baseline.parquet")}


def _digest(files: Path) -> str:
    """A digest of all rows whatever their order; costs both sides the same."""
    found = duckdb.execute(f"""
        SELECT bit_xor(hash(event_id, event, user_id, occurred_at, received_at, effective_at, properties))
        FROM read_parquet('{files}', hive_partitioning = false)""").fetchone()
    return str(found[0] if found else "")


ENTRY = Entry(
    name="import",
    work=f"{ROWS:,} rows of CSV through a mapping, judged and committed",
    prepare=prepare,
    ours=ours,
    baseline=baseline,
    target=0.5,
    load=load,
    reset=reset,
)
