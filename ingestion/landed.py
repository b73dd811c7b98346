"""A batch on its way into the lake: its files are ready, and one rename lands or holds it.

.staging/ingest-<batch>/received_on=YYYY-MM-DD/*.parquet
  → lake/events/<commit>/…      judged good
  → held/<batch>/events/…       refused, with verdict.json beside it
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.verdicts import VERDICT, Verdict
from kith.durable import exclusive, rename_durably, sync_tree
from kith.lake import Home, commit, commits


@dataclass(frozen=True)
class StagedBatch:
    """Event files of one source, ready to land, with what the commit will say of them."""

    folder: Path
    verdict: Verdict
    meta: Mapping[str, Any]


@contextmanager
def ingesting(home: Home) -> Iterator[None]:
    """One ingestion at a time: who is done with what is read and written under this lock."""
    with exclusive(home.locks / "ingestion"):
        for left in home.staging.glob("ingest-*"):
            shutil.rmtree(left, ignore_errors=True)
        try:
            yield
        finally:
            for left in home.staging.glob("ingest-*"):
                shutil.rmtree(left, ignore_errors=True)


def staging_folder(home: Home, name: str) -> Path:
    """An empty folder for a batch's files."""
    folder = home.staging / f"ingest-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def land(home: Home, batches: Sequence[StagedBatch], meta: Mapping[str, Any]) -> str:
    """All batches in one commit; answers its name."""
    verdicts = [batch.verdict.to_json() for batch in batches]
    with commit(home, "events", {**meta, "verdicts": verdicts}) as writer:
        for batch in batches:
            move_partitions(batch.folder, writer.path, batch.verdict.batch_id)
    return writer.name


def hold(home: Home, batch: StagedBatch) -> Path:
    """Set a refused batch aside, whole, until somebody releases or discards it."""
    target = home.held / batch.verdict.batch_id
    whole = staging_folder(home, f"held-{batch.verdict.batch_id}")
    batch.folder.rename(whole / "events")
    said = {"status": "held", "verdict": batch.verdict.to_json(), "meta": dict(batch.meta)}
    (whole / VERDICT).write_text(json.dumps(said, default=str), encoding="utf-8")
    sync_tree(whole)
    shutil.rmtree(target, ignore_errors=True)  # the same import, once discarded, and refused again
    rename_durably(whole, target)
    return target


def move_partitions(source: Path, target: Path, prefix: str) -> None:
    """Bring partition files into a commit's folder, under names that can't meet those of another batch."""
    for partition in sorted(source.glob("received_on=*")):
        (target / partition.name).mkdir(exist_ok=True)
        for number, file in enumerate(sorted(partition.glob("*.parquet"))):
            file.rename(target / partition.name / f"{prefix}-{number}.parquet")


def metas(home: Home) -> Iterator[Mapping[str, Any]]:
    """What was said of everything that ever arrived: landed, held, or held and then discarded."""
    for each in commits(home, "events"):
        yield each.meta
    for path in sorted(home.held.glob(f"*/{VERDICT}")):
        found = json.loads(path.read_text(encoding="utf-8"))
        yield {**found["meta"], "status": found["status"], "batch_id": found["verdict"]["batch_id"]}
