"""What the batches of a run were told, as tables that its rows are joined with.

`of_batches`: by number, what holds for most rows of a batch. `of_rows`: by position, what holds for one, and wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from activation.destinations.contract import Operation, Status, Verdict
from activation.syncs.plan_rows import PlanRows
from activation.syncs.planned import words_of
from activation.syncs.progress import DONE, Progress, Standing
from kith.warehouse import Warehouse

_MANY_WORDS = 1_000
_WORDY = ("outcome", "detail", "provider_code")

_VERDICTS = pa.schema(
    [
        *((name, pa.int64()) for name in ("position", "attempts")),
        ("is_uncertain", pa.bool_()),
        *((name, pa.string()) for name in ("outcome", "detail", "provider_code", "remote_id")),
    ]
)


def lay_verdicts(warehouse: Warehouse, rows: PlanRows, progress: Progress) -> bool:
    """Leave `of_batches` and `of_rows`; answers whether every batch of the plan was told the same."""
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
            batches.append({"number": standing.number, **_row(0, standing, standing.of_all)})
            told = others
        single += [_row(positions[place], standing, verdict) for place, verdict in told.items()]
    single = [each for each in single if each["outcome"] != Status.DEFERRED.value]
    wide = pa.schema([("number", pa.int64()), *_VERDICTS])
    warehouse.connection.register("of_batches", pa.Table.from_pylist(batches, schema=wide))
    warehouse.connection.register("of_rows", pa.Table.from_pylist(single, schema=_VERDICTS))
    said = {tuple(each.values())[1:] for each in batches}  # without their numbers
    return len(said) == 1 and len(batches) == len(slots)


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


def verdict_words(warehouse: Warehouse) -> Mapping[str, str]:
    """The columns of `outcomes` that hold few words by the verdicts, with what those are."""
    known = {
        "operation": {"none", *(each.value for each in Operation)},
        "outcome": {each.value for each in Status},
        "detail": {"", "duplicate_key"},
        "provider_code": {""},
    }
    for name in _WORDY:
        told = f"SELECT DISTINCT {name} FROM (SELECT {name} FROM of_batches UNION ALL SELECT {name} FROM of_rows)"
        known[name] |= {row[name] for row in warehouse.rows(told)}
    return {name: words_of(sorted(words)) for name, words in known.items() if len(words) <= _MANY_WORDS}
