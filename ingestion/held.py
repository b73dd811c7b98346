# pyright: reportAttributeAccessIssue=false
"""Batches that a check refused: they wait, whole and visible, until somebody releases or discards them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.landed import StagedBatch, ingesting, land, staging_folder
from ingestion.verdicts import VERDICT, Verdict, record
from kith.durable import write_durably
from kith.errors import KithError
from kith.lake import Home, commits, write_parquet
from kith.times import to_utc_naive


@dataclass(frozen=True)
class HeldBatch:
    """One folder below `held/`. A discarded one keeps its verdict, so that its segments stay done."""

    path: Path
    status: str
    verdict: Verdict
    meta: dict[str, Any]

    @property
    def is_live(self) -> bool:
        return self.meta.get("kind") == "compaction"


def held_batches(home: Home) -> list[HeldBatch]:
    """Every batch that was refused and not released."""
    return [_read(path.parent) for path in sorted(home.held.glob(f"*/{VERDICT}"))]


def release(home: Home, batch_id: str, last_as_of: datetime | None) -> str:
    """Land a held batch after all; answers the commit. Live rows count from the last `as_of` on."""
    with ingesting(home):
        if (name := _landed(home, batch_id)) is not None:  # a crash came between the commit and the clearing
            shutil.rmtree(home.held / batch_id, ignore_errors=True)
            return name
        held = _find(home, batch_id)
        folder = staging_folder(home, batch_id)
        raised = _copy(held, folder, last_as_of if held.is_live else None)
        rows_landed = held.verdict.rows_passed
        meta = {
            **held.meta, "released": batch_id, "rows_in": {held.verdict.source: held.verdict.rows_in},
            "rows_landed": rows_landed, "rows_raised": raised,
        }  # fmt: skip
        name = land(home, [StagedBatch(folder, held.verdict, held.meta)], meta)
        record(home)
        shutil.rmtree(held.path)
        return name


def discard(home: Home, batch_id: str) -> int:
    """Give a held batch's rows up; answers how many. What was refused, and why, stays on record."""
    with ingesting(home):
        held = _find(home, batch_id)
        said = {"status": "discarded", "verdict": held.verdict.to_json(), "meta": held.meta}
        write_durably(held.path / VERDICT, json.dumps(said, default=str).encode())
        shutil.rmtree(held.path / "events", ignore_errors=True)
        return held.verdict.rows_passed


def _copy(held: HeldBatch, folder: Path, last_as_of: datetime | None) -> int:
    """The batch's files, none of its rows counting before `last_as_of`; the held stay."""
    raised = 0
    for file in sorted((held.path / "events").glob("*/*.parquet")):
        target = folder / file.parent.name / file.name
        target.parent.mkdir(exist_ok=True)
        rows = pq.ParquetFile(file).read()
        if last_as_of is not None:
            rows, count = _raise(rows, last_as_of)
            raised += count
        write_parquet(rows, target)
    return raised


def _raise(rows: pa.Table, last_as_of: datetime) -> tuple[pa.Table, int]:
    floor = pa.scalar(to_utc_naive(last_as_of), pa.timestamp("us"))
    is_below = pc.less(rows["effective_at"], floor)
    place = rows.schema.get_field_index("effective_at")
    fixed = pc.if_else(is_below, floor, rows["effective_at"])
    return rows.set_column(place, rows.schema.field(place), fixed), pc.sum(is_below).as_py() or 0


def _landed(home: Home, batch_id: str) -> str | None:
    return next(
        (each.name for each in commits(home, "events") if each.meta.get("released") == batch_id), None
    )


def _find(home: Home, batch_id: str) -> HeldBatch:
    waiting = [each for each in held_batches(home) if each.status == "held"]
    for each in waiting:
        if each.verdict.batch_id == batch_id:
            return each
    known = ", ".join(each.verdict.batch_id for each in waiting)
    raise KithError(
        f"no batch {batch_id} is held", expected=known or "none is held", way_out="see 'kith held list'"
    )


def _read(folder: Path) -> HeldBatch:
    found = json.loads((folder / VERDICT).read_text(encoding="utf-8"))
    return HeldBatch(folder, found["status"], Verdict.from_json(found["verdict"]), found["meta"])
