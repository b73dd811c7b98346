"""Taking up again what a destination refused: `kith syncs retry`."""

from __future__ import annotations

from collections.abc import Mapping

from activation.syncs.grammar import find_sync
from activation.syncs.history import REOPEN, read_history, target_id
from activation.syncs.planned import copy_table
from activation.syncs.tables import ROOM
from kith.durable import exclusive
from kith.errors import UsageError
from kith.lake import Home, commit
from kith.settings import Settings
from kith.warehouse import Warehouse

CONDITIONS = ("outcome", "detail", "operation", "row_key", "provider_code")


def reopen(settings: Settings, name: str, conditions: Mapping[str, str]) -> int:
    """Forget that rows were refused, so that the next run pushes them as they then are. Answers how many.

    `conditions` are column=value over the last outcome of each row; all must hold.
    """
    if unknown := sorted(set(conditions) - set(CONDITIONS)):
        raise UsageError(f"--where knows no {', '.join(unknown)}", expected=", ".join(CONDITIONS))
    sync, home = find_sync(settings, name).body, Home(settings.home)
    with exclusive(home.locks / f"sync-{name}"), Warehouse(settings) as warehouse:
        history, target = read_history(home, name), target_id(sync)
        files = [str(each.table("held")) for each in history.held(target)]
        if not files:
            return 0
        warehouse.attach_lake(ROOM)
        warehouse.connection.execute(
            _REFUSED.format(files=files, conditions=_where(conditions)), _said(name, conditions)
        )
        count = warehouse.value("SELECT count(*) FROM reopened")
        if count:
            meta = {
                "kind": REOPEN,
                "sync": name,
                "target": target,
                "run_id": "",
                "shape": history.last_shape,
                "is_base": False,
            }
            with commit(home, ROOM, meta) as writer:
                copy_table(warehouse, writer, "held", "FROM reopened")
        return count


def _where(conditions: Mapping[str, str]) -> str:
    return " AND ".join(["TRUE", *(f"last.{column} = ${column}" for column in conditions)])


def _said(name: str, conditions: Mapping[str, str]) -> dict[str, str]:
    return {"sync": name, **conditions}


_REFUSED = """
    CREATE OR REPLACE TEMP TABLE reopened AS
    WITH kept AS (
        SELECT row_key, arg_max(struct_pack(row_hash, refused_hash, remote_id), filename) AS state
        FROM read_parquet({files}, filename = true) GROUP BY row_key
    ),
    told AS (
        SELECT row_key, arg_max(struct_pack(outcome, detail, operation, row_key, provider_code), (commit_name,
        position)) AS last
        FROM lake_syncs_outcomes WHERE sync = $sync GROUP BY row_key
    )
    SELECT row_key, state.row_hash AS row_hash, CAST(NULL AS VARCHAR) AS refused_hash, state.remote_id AS remote_id
    FROM kept INNER JOIN told USING (row_key)
    WHERE state.refused_hash IS NOT NULL AND {conditions}"""
