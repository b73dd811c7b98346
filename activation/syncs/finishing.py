"""The end of a run: what became of every row goes to the lake, with what the destination holds from now on.

One commit has both. A process killed before it takes the run up again and finds every batch answered; one killed after
it finds the run finished, and only sweeps up.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from activation.destinations.contract import Mode, Status, Verdict
from activation.syncs.held import GONE, Marks
from activation.syncs.history import FINISH, Plan, read_history
from activation.syncs.plan_rows import PlanRows
from activation.syncs.planning import copy_table
from activation.syncs.progress import DONE, Progress, Standing
from activation.syncs.tables import ROOM
from kith.errors import KithError
from kith.lake import Home, commit
from kith.settings import Settings
from kith.times import to_utc_naive
from kith.warehouse import Warehouse, literal

#: A base is written anew once the changes since are more than this share of it.
FOLD_AT = 0.5


def finish(settings: Settings, plan: Plan, progress: Progress, now: datetime) -> Mapping[str, int]:
    """Commit the outcomes; answers how many rows ended in each. Every batch has its answer."""
    home = Home(settings.home)
    history = read_history(home, plan.sync.name)
    with Warehouse(settings) as warehouse:
        _lay_verdicts(warehouse, PlanRows(plan), progress)
        warehouse.view("plans", plan.path)
        warehouse.view("set_aside", plan.path.with_name("held.parquet"))
        _lay_ended(warehouse, plan, now)
        files = [each.table("held") for each in history.held(plan.target_id)]
        if plan.sync.mode is Mode.REPLACE:
            files = []  # what was placed is all there is
        is_base = _is_worth_folding(warehouse, files)
        meta = {
            "kind": FINISH,
            "sync": plan.sync.name,
            "target": plan.target_id,
            "run_id": plan.run_id,
            "shape": plan.meta["shape"],
            "as_of": plan.as_of,
            "is_base": is_base,
        }
        with commit(home, ROOM, meta) as writer:
            copy_table(warehouse, writer, "outcomes", "SELECT * FROM outcomes ORDER BY position")
            copy_table(warehouse, writer, "held", _folded(files) if is_base else _HELD)
        Marks.of(home, plan.target_id).adopt(
            warehouse, Marks.of(home, plan.target_id).fresh(plan.run_id), writer.name, plan.expression
        )
        counts = {row["outcome"]: row["n"] for row in warehouse.rows(_COUNTED)}
    sweep(settings, plan.sync.name, progress)
    return counts


def sweep(settings: Settings, sync: str, progress: Progress) -> None:
    """What a finished run needs no more: its batches, and its plan with the content of every row."""
    progress.forget()
    for each in read_history(Home(settings.home), sync).finished_plans:
        shutil.rmtree(each.path, ignore_errors=True)


_VERDICTS = pa.schema(
    [
        *((name, pa.int64()) for name in ("position", "attempts")),
        ("is_uncertain", pa.bool_()),
        *((name, pa.string()) for name in ("outcome", "detail", "provider_code", "remote_id")),
    ]
)


def _lay_verdicts(warehouse: Warehouse, rows: PlanRows, progress: Progress) -> None:
    """Leave `of_batches` (first, last: what holds for most rows) and `of_rows` (what holds for one, and wins)."""
    slots = {slot.number: slot for slot in rows.slots}
    batches, single = [], []
    for standing in progress.load().values():
        if standing.state != DONE or standing.of_all is None:
            continue
        slot = slots[standing.number]
        positions = standing.places or range(slot.first, slot.first + slot.count)
        others = standing.verdicts or {}
        if standing.part:
            told = {place: others.get(place, standing.of_all) for place in range(len(positions))}
        else:
            batches.append(
                {
                    "first": slot.first,
                    "last": slot.first + slot.count - 1,
                    **_row(0, standing, standing.of_all),
                }
            )
            told = others
        single += [_row(positions[place], standing, verdict) for place, verdict in told.items()]
    single = [each for each in single if each["outcome"] != Status.DEFERRED.value]
    wide = pa.schema([("first", pa.int64()), ("last", pa.int64()), *_VERDICTS])
    warehouse.connection.register("of_batches", pa.Table.from_pylist(batches, schema=wide))
    warehouse.connection.register("of_rows", pa.Table.from_pylist(single, schema=_VERDICTS))


def _row(position: int, standing: Standing, verdict: Verdict) -> dict[str, Any]:
    return {
        "position": position,
        "attempts": standing.attempts,
        "is_uncertain": standing.is_uncertain,
        "outcome": verdict.status.value,
        "detail": verdict.detail,
        "provider_code": verdict.provider_code,
        "remote_id": verdict.remote_id,
    }


def _lay_ended(warehouse: Warehouse, plan: Plan, now: datetime) -> None:
    """Leave `ended` (a planned row with its verdict) and `outcomes`."""
    warehouse.connection.execute(_ENDED)
    missing = warehouse.value("SELECT count(*) FROM ended WHERE outcome IS NULL OR outcome = 'deferred'")
    if missing:
        raise KithError(f"{missing} rows of the run have no answer", where=plan.run_id)
    facts = {
        "sync": plan.sync.name,
        "run_id": plan.run_id,
        "destination": plan.sync.to,
        "mode": plan.sync.mode.value,
    }
    said = ", ".join(f"{literal(value)} AS {name}" for name, value in facts.items())
    last = max((first + count for _operation, first, count in plan.phases), default=0)
    warehouse.connection.execute(
        f"""
        CREATE OR REPLACE TEMP VIEW outcomes AS
        SELECT {said}, position, operation, row_key, outcome, detail, provider_code, remote_id, attempts, is_uncertain,
            CAST({literal(to_utc_naive(now).isoformat(sep=" "))} AS TIMESTAMP) AS finished_at
        FROM ended
        UNION ALL
        SELECT {said}, {last} + row_number() OVER (ORDER BY row_key) - 1, 'none', row_key, 'rejected', 'duplicate_key',
            '', '', 0, FALSE, CAST({literal(to_utc_naive(now).isoformat(sep=" "))} AS TIMESTAMP)
        FROM set_aside"""
    )


_ENDED = """
    CREATE OR REPLACE TEMP TABLE ended AS
    SELECT plans.position, plans.operation, plans.row_key, plans.row_hash, plans.held_hash,
        plans.remote_id AS known_id,
        COALESCE(of_rows.outcome, wide.outcome) AS outcome,
        COALESCE(of_rows.detail, wide.detail) AS detail,
        COALESCE(of_rows.provider_code, wide.provider_code) AS provider_code,
        COALESCE(NULLIF(COALESCE(of_rows.remote_id, wide.remote_id), ''), plans.remote_id) AS remote_id,
        COALESCE(of_rows.attempts, wide.attempts) AS attempts,
        COALESCE(of_rows.is_uncertain, wide.is_uncertain) AS is_uncertain
    FROM plans
    LEFT JOIN of_rows ON of_rows.position = plans.position
    LEFT JOIN (
        SELECT plans.position, of_batches.* EXCLUDE (position)
        FROM plans ASOF JOIN of_batches ON plans.position >= of_batches.first
        WHERE plans.position <= of_batches.last
    ) AS wide ON wide.position = plans.position"""

#: What changed in what the destination holds. A key without either hash is forgotten.
_HELD = f"""
    SELECT row_key,
        CASE
            WHEN operation IN ('delete', 'remove') THEN CASE WHEN outcome IN ('accepted', 'skipped') THEN NULL ELSE
            held_hash END
            WHEN outcome = 'accepted' THEN row_hash
            ELSE held_hash
        END AS row_hash,
        CASE
            WHEN outcome = 'accepted' THEN NULL
            WHEN operation IN ('delete', 'remove') THEN CASE WHEN outcome = 'skipped' THEN NULL ELSE '{GONE}' END
            ELSE row_hash
        END AS refused_hash,
        remote_id
    FROM ended
    UNION ALL
    SELECT row_key, row_hash, refused_hash, remote_id FROM set_aside"""

_COUNTED = "SELECT outcome, count(*) AS n FROM outcomes GROUP BY outcome ORDER BY outcome"


def _is_worth_folding(warehouse: Warehouse, files: list[Any]) -> bool:
    """Whether what changed since the base is large beside it."""
    if not files:
        return True
    sizes = [warehouse.value(f"SELECT count(*) FROM read_parquet({literal(str(file))})") for file in files]
    fresh = warehouse.value(f"SELECT count(*) FROM ({_HELD})")
    return sum(sizes[1:]) + fresh > FOLD_AT * sizes[0]


def _folded(files: Iterable[Any]) -> str:
    """The whole of what is held, one row a key."""
    selects = [
        f"SELECT *, {turn} AS turn FROM read_parquet({literal(str(file))})" for turn, file in enumerate(files)
    ]
    selects.append(f"SELECT *, {len(selects)} AS turn FROM ({_HELD})")
    return f"""
        SELECT row_key, last.row_hash AS row_hash, last.refused_hash AS refused_hash, last.remote_id AS remote_id
        FROM (
            SELECT row_key, arg_max(struct_pack(row_hash, refused_hash, remote_id), turn) AS last
            FROM ({" UNION ALL ".join(selects)}) GROUP BY row_key
        )
        WHERE last.row_hash IS NOT NULL OR last.refused_hash IS NOT NULL"""


__all__ = ["finish", "sweep"]
