"""The end of a run: what became of every row goes to the lake, with what the destination holds from now on.

One commit has both. A process killed before it takes the run up again and finds every batch answered; one killed after
it finds the run finished, and only sweeps up.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from activation.destinations.contract import Status
from activation.syncs.held import Marks
from activation.syncs.history import FINISH, Plan, read_history
from activation.syncs.holding import Endings, lay_holding
from activation.syncs.plan_rows import PlanRows
from activation.syncs.planned import copy_table, position_of, words_of
from activation.syncs.progress import Progress
from activation.syncs.settlement import WITHDRAWN
from activation.syncs.tables import ROOM
from activation.syncs.verdicts import lay_verdicts, verdict_words
from kith.errors import KithError
from kith.lake import Home, commit
from kith.settings import Settings
from kith.times import to_utc_naive
from kith.warehouse import Warehouse, literal


def finish(settings: Settings, plan: Plan, progress: Progress, now: datetime) -> Mapping[str, int]:
    """Commit the outcomes; answers how many rows ended in each. Every batch has its answer."""
    home = Home(settings.home)
    history = read_history(home, plan.sync.name)
    with Warehouse(settings) as warehouse:
        are_alike = lay_verdicts(warehouse, PlanRows(plan), progress)
        _lay_plans(warehouse, plan)
        _lay_ended(warehouse, plan, now, are_alike)
        endings = _endings(warehouse, plan)
        holding = lay_holding(warehouse, history, plan, endings)
        meta = {
            "kind": FINISH,
            "sync": plan.sync.name,
            "target": plan.target_id,
            "run_id": plan.run_id,
            "shape": plan.meta["shape"],
            "as_of": plan.as_of,
            "is_base": holding.is_base,
        }
        with commit(home, ROOM, meta) as writer:
            facts = {name: words_of([value]) for name, value in _facts(plan).items()}
            copy_table(warehouse, writer, "outcomes", "FROM outcomes", {**facts, **verdict_words(warehouse)})
            copy_table(warehouse, writer, "held", holding.select)
        _adopt_marks(home, warehouse, plan, writer.name, endings)
    sweep(settings, plan.sync.name, progress)
    return endings.by_outcome


def _lay_plans(warehouse: Warehouse, plan: Plan) -> None:
    """Leave the views `plans`, the rows of the plan with their positions, and `set_aside`."""
    warehouse.connection.execute(
        f"""
        CREATE OR REPLACE VIEW plans AS
        SELECT {position_of(plan.phases)} AS position, operation, row_key, row_hash, remote_id
        FROM read_parquet({literal(str(plan.path))}, file_row_number = true)"""
    )
    warehouse.view("set_aside", plan.path.with_name("held.parquet"))


def _facts(plan: Plan) -> Mapping[str, str]:
    """What every outcome of a run says alike."""
    sync = plan.sync
    return {"sync": sync.name, "run_id": plan.run_id, "destination": sync.to, "mode": sync.mode.value}


def _adopt_marks(home: Home, warehouse: Warehouse, plan: Plan, commit_name: str, endings: Endings) -> None:
    """Marks speak of all rows as taken. Who withdrew a consent meanwhile may give it again, and the row then counts as
    new: without marks every row is looked at once more."""
    marks = Marks.of(home, plan.target_id)
    fresh = marks.fresh(plan.run_id)
    if endings.withdrawn:
        fresh.unlink(missing_ok=True)
    marks.adopt(warehouse, fresh, commit_name, plan.expression)


def sweep(settings: Settings, sync: str, progress: Progress) -> None:
    """What a finished run needs no more: its batches, and its plan with the content of every row."""
    progress.forget()
    for each in read_history(Home(settings.home), sync).finished_plans:
        shutil.rmtree(each.path, ignore_errors=True)


def _lay_ended(warehouse: Warehouse, plan: Plan, now: datetime, are_alike: bool) -> None:
    """Leave `ended` (a planned row with its verdict) and `outcomes`. `are_alike`: every batch was told the same."""
    batches = _ANY_BATCH if are_alike else _ITS_BATCH.format(size=plan.batch_size)
    warehouse.connection.execute(_ENDED.format(batches=batches))
    said = ", ".join(f"{literal(value)} AS {name}" for name, value in _facts(plan).items())
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


def _endings(warehouse: Warehouse, plan: Plan) -> Endings:
    """One look at all rows of the run; those set aside are refused. Raises KithError if a row has no answer."""
    found = warehouse.rows(_ENDINGS)
    missing = sum(row["n"] for row in found if row["outcome"] in (None, Status.DEFERRED.value))
    if missing:
        raise KithError(f"{missing} rows of the run have no answer", where=plan.run_id)
    counts = Counter[str]()
    for row in found:
        counts[row["outcome"]] += row["n"]
    is_plain = set(counts) <= {Status.ACCEPTED.value} and not plan.set_aside
    if plan.set_aside:
        counts[Status.REJECTED.value] += warehouse.value("SELECT count(*) FROM set_aside")
    withdrawn = sum(row["n"] for row in found if row["is_withdrawn"])
    return Endings(dict(sorted(counts.items())), withdrawn, is_plain)


_ENDINGS = f"""
    SELECT outcome, detail = '{WITHDRAWN}' AS is_withdrawn, count(*) AS n FROM ended GROUP BY ALL"""

#: A view: few of the plan's columns are read, and each of them once or twice. Every batch begins at a multiple of the
#: batch size.
_ENDED = """
    CREATE OR REPLACE TEMP VIEW ended AS
    SELECT plans.position, plans.operation, plans.row_key, plans.row_hash,
        COALESCE(of_rows.outcome, of_batches.outcome) AS outcome,
        COALESCE(of_rows.detail, of_batches.detail) AS detail,
        COALESCE(of_rows.provider_code, of_batches.provider_code) AS provider_code,
        COALESCE(NULLIF(COALESCE(of_rows.remote_id, of_batches.remote_id), ''), plans.remote_id) AS remote_id,
        COALESCE(of_rows.attempts, of_batches.attempts) AS attempts,
        COALESCE(of_rows.is_uncertain, of_batches.is_uncertain) AS is_uncertain
    FROM plans
    {batches}
    LEFT JOIN of_rows ON of_rows.position = plans.position"""
_ITS_BATCH = "LEFT JOIN of_batches ON of_batches.number = plans.position // {size}"
_ANY_BATCH = "CROSS JOIN (FROM of_batches LIMIT 1) AS of_batches"

__all__ = ["finish", "sweep"]
