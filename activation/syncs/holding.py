"""What a destination holds once a run is finished: the changes, or the whole folded into a new base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from activation.destinations.contract import Mode
from activation.syncs.held import GONE, lay_held
from activation.syncs.history import History, Plan
from activation.syncs.settlement import WITHDRAWN
from kith.warehouse import Warehouse, literal

#: A base is written anew once the changes since are more than this share of it.
FOLD_AT = 0.5


@dataclass(frozen=True)
class Endings:
    """How the rows of a run ended, counted. `is_plain`: every row was planned and accepted."""

    by_outcome: Mapping[str, int]
    withdrawn: int
    is_plain: bool


@dataclass(frozen=True)
class Holding:
    """The rows of `held` that a finish commits, as SQL; a base begins anew."""

    select: str
    is_base: bool


def lay_holding(warehouse: Warehouse, history: History, plan: Plan, endings: Endings) -> Holding:
    """What is held from now on. Needs the views `ended` and `set_aside`."""
    _lay_held_before(warehouse, history, plan, endings)
    files = [each.table("held") for each in history.held(plan.target_id)]
    if plan.sync.mode is Mode.REPLACE:
        files = []  # what was placed is all there is
    changes = _TAKEN if endings.is_plain else _HELD
    is_base = _is_worth_folding(warehouse, files, changes)
    return Holding(_folded(files, changes) if is_base else changes, is_base)


def _lay_held_before(warehouse: Warehouse, history: History, plan: Plan, endings: Endings) -> None:
    """Leave `held`: what the destination goes on holding of rows that it didn't take."""
    warehouse.connection.execute(
        """
        CREATE OR REPLACE TEMP VIEW left_alone AS
        SELECT hash(row_key) AS place FROM ended WHERE outcome <> 'accepted'
        UNION ALL SELECT hash(row_key) FROM set_aside"""
    )
    lay_held(warehouse, History([]) if endings.is_plain else history, plan.target_id, asked="left_alone")


#: What changed in what the destination holds. A key without either hash is forgotten.
_HELD = f"""
    SELECT ended.row_key,
        CASE
            WHEN operation IN ('delete', 'remove') AND outcome IN ('accepted', 'skipped') THEN NULL
            WHEN outcome = 'accepted' OR (outcome = 'unknown' AND detail = '{WITHDRAWN}') THEN ended.row_hash
            ELSE held.row_hash
        END AS row_hash,
        CASE
            WHEN outcome = 'accepted' OR detail = '{WITHDRAWN}' THEN NULL
            WHEN operation IN ('delete', 'remove') THEN CASE WHEN outcome = 'skipped' THEN NULL ELSE '{GONE}' END
            ELSE ended.row_hash
        END AS refused_hash,
        ended.remote_id
    FROM ended LEFT JOIN held USING (row_key)
    UNION ALL
    SELECT set_aside.row_key, held.row_hash, set_aside.refused_hash, set_aside.remote_id
    FROM set_aside LEFT JOIN held USING (row_key)"""

#: The same where every row was accepted: nothing has to be asked for.
_TAKEN = """
    SELECT row_key, CASE WHEN operation NOT IN ('delete', 'remove') THEN row_hash END AS row_hash,
        CAST(NULL AS VARCHAR) AS refused_hash, remote_id
    FROM ended"""


def _is_worth_folding(warehouse: Warehouse, files: list[Any], changes: str) -> bool:
    """Whether what changed since the base is large beside it."""
    if not files:
        return True
    sizes = [warehouse.value(f"SELECT count(*) FROM read_parquet({literal(str(file))})") for file in files]
    fresh = warehouse.value(f"SELECT count(*) FROM ({changes})")
    return sum(sizes[1:]) + fresh > FOLD_AT * sizes[0]


def _folded(files: Sequence[Any], changes: str) -> str:
    """The whole of what is held, one row a key. A plan names a key once."""
    if not files:
        return f"SELECT * FROM ({changes}) WHERE row_hash IS NOT NULL OR refused_hash IS NOT NULL"
    selects = [
        f"SELECT *, {turn} AS turn FROM read_parquet({literal(str(file))})" for turn, file in enumerate(files)
    ]
    selects.append(f"SELECT *, {len(selects)} AS turn FROM ({changes})")
    return f"""
        SELECT row_key, last.row_hash AS row_hash, last.refused_hash AS refused_hash, last.remote_id AS remote_id
        FROM (
            SELECT row_key, arg_max(struct_pack(row_hash, refused_hash, remote_id), turn) AS last
            FROM ({" UNION ALL ".join(selects)}) GROUP BY row_key
        )
        WHERE last.row_hash IS NOT NULL OR last.refused_hash IS NOT NULL"""
