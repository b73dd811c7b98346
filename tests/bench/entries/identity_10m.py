"""`identity_10m`: ten million pairs of identifiers to resolved profiles, against Splink's clustering."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.bench.frame import Entry
from tests.bench.pairs import partition_of, wide_rules, write_pairs

COUNT = 10_000_000
SMALL = COUNT // 10


def prepare(folder: Path) -> None:
    """No pair meets a limit: Splink knows none."""
    write_pairs(folder / "pairs.parquet", COUNT, COUNT // 4, seed=0.25)
    write_pairs(folder / "small.parquet", SMALL, SMALL // 4, seed=0.75)


def load() -> None:
    """Imports are apart; pandas is the engine's, at its first Arrow table."""
    import networkx  # noqa: F401
    import pandas  # noqa: F401
    import scipy.sparse.csgraph  # noqa: F401
    import splink.clustering  # noqa: F401

    import identity.full  # noqa: F401


def ours(folder: Path) -> Mapping[str, Any]:
    """the whole resolution: profiles by their earliest identifier, founders, times of joining apart"""
    _resolve(folder / "pairs.parquet", folder / "ours.parquet", has_joined=False)
    return {}


def _resolve(pairs: Path, output: Path, has_joined: bool) -> None:
    from identity.exceptions import EMPTY
    from identity.full import resolve_evidence, write_identifiers
    from kith.settings import load_settings
    from kith.warehouse import Warehouse

    settings = load_settings().model_copy(update={"memory_limit": "1GB", "threads": 2})
    rules = wide_rules()
    with Warehouse(settings) as warehouse:
        splits = warehouse.arrow(EMPTY)
        full = resolve_evidence(warehouse, rules, splits, f"read_parquet('{pairs}')", has_joined=has_joined)
        write_identifiers(warehouse, rules, full, output)


def baseline(folder: Path) -> Mapping[str, Any]:
    """Splink 5: cluster_pairwise_predictions_at_threshold over the same pairs"""
    import logging

    import duckdb
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    logging.getLogger("splink").setLevel(logging.ERROR)
    connection = duckdb.connect(config={"threads": 2, "memory_limit": "14GB"})
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"""
        CREATE TABLE edges AS SELECT DISTINCT left_value AS unique_id_l, right_value AS unique_id_r,
            1.0 AS match_probability FROM '{folder}/pairs.parquet'
    """)
    connection.execute("""
        CREATE TABLE nodes AS SELECT unique_id_l AS unique_id FROM edges UNION SELECT unique_id_r FROM edges
    """)
    clusters = cluster_pairwise_predictions_at_threshold(
        "nodes", "edges", db_api=DuckDBAPI(connection=connection), node_id_column_name="unique_id",
        edge_id_column_name_left="unique_id_l", edge_id_column_name_right="unique_id_r",
        threshold_match_probability=0.5,
    )  # fmt: skip
    connection.execute(
        f"COPY (SELECT unique_id AS identifier, cluster_id AS cluster FROM {clusters.physical_name})"
        f" TO '{folder}/theirs.parquet' (FORMAT parquet, COMPRESSION zstd)"
    )
    connection.close()
    return {}


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The partition; and once, ours with times of joining, and a tenth of the pairs by networkx as well."""
    if side == "baseline":
        return {"partition": partition_of(f"SELECT identifier, cluster FROM '{folder}/theirs.parquet'")}
    rows = "SELECT identifier_value AS identifier, profile_id AS cluster FROM '{file}'"
    found = {"partition": partition_of(rows.format(file=folder / "ours.parquet"))}
    once = folder / "once.json"
    if not once.exists():
        once.write_text(json.dumps(_further(folder, rows)))
    return {**found, **json.loads(once.read_text())}


def _further(folder: Path, rows: str) -> dict[str, Any]:
    small, output = folder / "small.parquet", folder / "small_ours.parquet"
    whole = _seconds(lambda: _resolve(folder / "pairs.parquet", folder / "joined.parquet", has_joined=True))
    ours_small = _seconds(lambda: _resolve(small, output, has_joined=False))
    theirs_small = _seconds(lambda: _networkx(small, folder / "small_theirs.parquet"))
    same = partition_of(rows.format(file=output)) == partition_of(
        f"SELECT identifier, cluster FROM '{folder}/small_theirs.parquet'"
    )
    if not same:
        raise AssertionError("networkx finds another partition")
    return {"seconds_with_joined_at": whole, "small": ours_small, "networkx": theirs_small}


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _networkx(pairs: Path, output: Path) -> None:
    import networkx
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(pairs, columns=["left_value", "right_value"])
    graph = networkx.Graph()
    graph.add_edges_from(zip(table["left_value"].to_pylist(), table["right_value"].to_pylist(), strict=True))
    identifiers, clusters = [], []
    for number, component in enumerate(networkx.connected_components(graph)):
        identifiers.extend(component)
        clusters.extend([number] * len(component))
    pq.write_table(pa.table({"identifier": identifiers, "cluster": clusters}), output, compression="zstd")


def further(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stands beside the ratio."""
    return {
        "profiles": one["partition"]["clusters"],
        "identifiers": one["partition"]["members"],
        "seconds_with_joined_at": round(one["seconds_with_joined_at"], 3),
        "networkx_1m_seconds": round(one["networkx"], 3),
        "networkx_1m_ratio": round(one["networkx"] / one["small"], 2),
        "networkx_1m_target": 5,
    }


ENTRY = Entry(
    name="identity_10m",
    work=f"{COUNT:,} pairs of identifiers from Parquet to resolved profiles",
    prepare=prepare,
    load=load,
    ours=ours,
    baseline=baseline,
    target=1.5,
    tell=tell,
    agree=lambda one, other: one["partition"] == other["partition"],
    further=further,
)
