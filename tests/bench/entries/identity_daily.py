"""`identity_daily`: a hundred thousand new pairs into ten million, against resolving all of them anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.frame import Entry
from tests.bench.pairs import partition_of, wide_rules, write_pairs

COUNT, FRESH = 10_000_000, 100_000


def prepare(folder: Path) -> None:
    """A lake whose state holds the ten million, as a run leaves it; and the new pairs."""
    write_pairs(folder / "pairs.parquet", COUNT, COUNT // 4, seed=0.25)
    write_pairs(folder / "fresh.parquet", FRESH, COUNT // 4, seed=0.5)
    _write_state(folder, [folder / "pairs.parquet"], folder / "home" / "lake" / "identity" / "0000000001")


def load() -> None:
    """Imports are apart; pandas is the engine's, at its first Arrow table."""
    import pandas  # noqa: F401
    import scipy.sparse.csgraph  # noqa: F401

    import identity.full
    import identity.increment  # noqa: F401


def reset(folder: Path) -> None:
    """What a side wrote goes."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").mkdir()


def ours(folder: Path) -> Mapping[str, Any]:
    """what one day changes: found, resolved and written"""
    from identity.exceptions import EMPTY
    from identity.increment import resolve_increment
    from identity.store import attach_state, copy_rows, present_state
    from identity.tables import IDENTIFIERS
    from kith.lake import Home, write_parquet
    from kith.warehouse import Warehouse

    home = Home(folder / "home")
    with Warehouse(_settings(folder)) as warehouse:
        attach_state(warehouse, home, present_state(home))
        warehouse.connection.execute(f"""
            CREATE TEMP TABLE evidence AS FROM '{folder}/fresh.parquet';
            CREATE TEMP TABLE bearings AS
            SELECT CAST(NULL AS VARCHAR) AS place_0 WHERE FALSE
        """)
        step = resolve_increment(warehouse, wide_rules(), warehouse.arrow(EMPTY), salt=0)
        write_parquet(IDENTIFIERS.conform(step.identifiers), folder / "out" / "identifiers.parquet")
        copy_rows(warehouse, step.edges, folder / "out" / "edges.parquet")
    return {"changed": step.identifiers.num_rows}


def baseline(folder: Path) -> Mapping[str, Any]:
    """the full rebuild: all pairs resolved, and the state written whole"""
    _write_state(folder, [folder / "pairs.parquet", folder / "fresh.parquet"], folder / "out")
    return {}


def tell(folder: Path, side: str, result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The partition and all times of joining after the day, by either way."""
    changed = f"read_parquet('{folder}/out/identifiers.parquet')"
    rows = f"FROM {changed}"
    if side == "ours":
        base = folder / "home" / "lake" / "identity" / "0000000001" / "identifiers.parquet"
        rows = f"FROM '{base}' ANTI JOIN {changed} AS changed USING (identifier_key) UNION ALL FROM {changed}"
    state = partition_of(f"SELECT identifier_value AS identifier, profile_id AS cluster FROM ({rows}) AS s")
    return {"partition": state, "joined": _sum(rows), **result}


def _sum(rows: str) -> int:
    import duckdb

    sql = f"SELECT SUM(CAST(hash(identifier_value, profile_id, joined_at) AS HUGEINT)) FROM ({rows}) AS s"
    found = duckdb.execute(sql).fetchone()
    assert found is not None
    return int(found[0])


def _write_state(folder: Path, pairs: list[Path], target: Path) -> None:
    from identity.exceptions import EMPTY
    from identity.full import resolve_evidence, write_edges, write_identifiers
    from identity.store import Extent
    from identity.tables import CONFLICTS, REJECTED, SPLITS
    from kith.lake import write_parquet
    from kith.warehouse import Warehouse

    target.mkdir(parents=True, exist_ok=True)
    files = ", ".join(f"'{path}'" for path in pairs)
    with Warehouse(_settings(folder)) as warehouse:
        full = resolve_evidence(warehouse, wide_rules(), warehouse.arrow(EMPTY), f"read_parquet([{files}])")
        write_identifiers(warehouse, wide_rules(), full, target / "identifiers.parquet")
        write_edges(warehouse, full, target / "edges.parquet")
        write_parquet(CONFLICTS.conform(full.conflicts), target / "conflicts.parquet")
    for table in (SPLITS, REJECTED):
        write_parquet(table.schema.empty_table(), target / f"{table.name}.parquet")
    meta = {"extent": Extent(target.name, full.identifier_count).to_meta()}
    (target / "_commit.json").write_text(
        json.dumps({"room": "identity", "commit": target.name, "meta": meta})
    )


def _settings(folder: Path):
    from kith.settings import load_settings

    return load_settings().model_copy(update={"home": folder / "home", "memory_limit": "2GB", "threads": 2})


ENTRY = Entry(
    name="identity_daily",
    work=f"{FRESH:,} new pairs into {COUNT:,}: the changed identifiers",
    prepare=prepare,
    load=load,
    reset=reset,
    ours=ours,
    baseline=baseline,
    target=10,
    tell=tell,
    agree=lambda one, other: all(one[name] == other[name] for name in ("partition", "joined")),
    further=lambda one, other: {"changed_identifiers": one["changed"], **one["partition"]},
)
