# pyright: reportAttributeAccessIssue=false
"""Compaction: sealed landing segments become one commit of `lake/events`.

A segment is done if the meta of an events commit or of a held batch names it, and that is written in the same
rename as its rows: after a crash at any point a rerun neither loses nor doubles one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.arrivals import columns_needed, judge, suite_of
from ingestion.figures import figures_of, frame_of, volume_ratio
from ingestion.landed import StagedBatch, hold, ingesting, land, metas, staging_folder
from ingestion.lines import chunks
from ingestion.live import Landing, judge_lines
from ingestion.partitions import PartitionedWriter
from ingestion.quarantine import QUARANTINE_SCHEMA, set_aside
from ingestion.verdicts import Verdict, fates_of, record
from kith.events import EVENT_SCHEMA
from kith.ids import stable_id
from kith.lake import Home
from kith.landing import read_segment, seal_all, sealed_segments
from kith.log import get_logger
from kith.run import Run
from kith.settings import Settings
from kith.warehouse import Warehouse

log = get_logger(__name__)

#: Columns of a judged line and what they are called as a fate.
CORRECTIONS = {"is_raised": "late_for_the_run", "is_reclocked": "clock_skew", "is_renamed": "long_message_id"}


@dataclass(frozen=True)
class Compaction:
    """What became of the rows. rows_in = rows_landed + rows_quarantined + rows_held."""

    segments: int = 0
    rows_in: int = 0
    rows_landed: int = 0
    rows_quarantined: int = 0
    rows_held: int = 0
    rows_raised: int = 0
    torn_bytes: int = 0
    commit: str | None = None
    verdicts: tuple[Verdict, ...] = ()

    @property
    def rows_set_aside(self) -> int:
        return self.rows_quarantined + self.rows_held

    @property
    def is_blocked(self) -> bool:
        """Whether some source's batch was refused."""
        return any(not verdict.is_passed for verdict in self.verdicts)


@dataclass
class _Tally:
    segments: list[str] = field(default_factory=list)
    rows_in: int = 0
    passed: int = 0
    quarantined: int = 0
    nobody: int = 0
    raised: int = 0
    torn: int = 0
    aside: list[pa.Table] = field(default_factory=list)
    corrected: Counter[str] = field(default_factory=Counter)


def compact(settings: Settings, run: Run) -> Compaction:
    """Seal the landing log and land what was not landed. A run over the past lands nothing."""
    if run.is_replay:
        return Compaction()
    home = Home(settings.home)
    with ingesting(home), Warehouse(settings) as warehouse:
        seal_all(home)
        fresh = _fresh_segments(home)
        done = [
            _compact_source(settings, run, home, warehouse.connection, *each)
            for each in sorted(fresh.items())
        ]
        staged = [(batch, tally) for batch, tally in done if batch is not None]
        result = _land(home, run, staged)
        record(home)
    return result


def _fresh_segments(home: Home) -> dict[str, list[Path]]:
    """Sealed segments that nothing names yet, by source."""
    done = {name for meta in metas(home) for name in meta.get("segments", [])}
    fresh: defaultdict[str, list[Path]] = defaultdict(list)
    for path in sealed_segments(home):
        if f"{path.parent.name}/{path.stem}" not in done:
            fresh[path.parent.name].append(path)
    return fresh


def _compact_source(
    settings: Settings,
    run: Run,
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    source: str,
    paths: Sequence[Path],
) -> tuple[StagedBatch | None, _Tally]:
    tally = _Tally()
    batch_id = stable_id("compaction", *(f"{source}/{path.stem}" for path in paths))
    folder = staging_folder(home, batch_id)
    landing = Landing(source, settings.lateness, run.previous_as_of)
    with PartitionedWriter(folder, EVENT_SCHEMA) as writer:
        for path in paths:
            _compact_segment(home, connection, path, landing, writer, tally)
    if tally.rows_in == 0:
        return None, tally
    days = _days(run.previous_as_of, run.as_of)
    volume = volume_ratio(home, source, tally.rows_in, days)
    figures = figures_of(
        connection, folder, tally.rows_in, tally.passed, tally.quarantined, tally.nobody, volume
    )  # fmt: skip
    further = suite_of(source)
    checks = judge(figures, frame_of(connection, folder, columns_needed(further)), further)
    fates = fates_of(pa.concat_tables(tally.aside), tally.corrected)
    verdict = Verdict(batch_id, source, tally.rows_in, tally.passed, run.as_of, checks, fates)
    meta = {
        "kind": "compaction",
        "batch_id": batch_id,
        "segments": tally.segments,
        "rows_raised": tally.raised,
    }
    return StagedBatch(folder, verdict, meta), tally


def _compact_segment(
    home: Home, connection: duckdb.DuckDBPyConnection, path: Path, landing: Landing,
    writer: PartitionedWriter, tally: _Tally,
) -> None:  # fmt: skip
    segment = read_segment(path)
    tally.segments.append(segment.name)
    tally.torn += segment.torn
    aside: list[pa.Table] = []
    for lines, raw in chunks(segment.batches, segment.name):
        judged = judge_lines(connection, lines, landing)
        is_good = pc.is_null(judged["fault"])
        good = judged.filter(is_good)
        writer.write(good.select(EVENT_SCHEMA.names).cast(EVENT_SCHEMA))
        tally.rows_in += judged.num_rows
        tally.passed += good.num_rows
        for column, name in CORRECTIONS.items():
            tally.corrected[name] += pc.sum(good[column]).as_py() or 0
        tally.raised = tally.corrected["late_for_the_run"]
        if good.num_rows < judged.num_rows:
            aside.append(_aside(judged.append_column("raw", raw).filter(pc.invert(is_good)), landing.source))
    rows = pa.concat_tables(aside) if aside else QUARANTINE_SCHEMA.empty_table()
    tally.aside.append(rows.select(["reason", "field"]))
    tally.quarantined += rows.num_rows
    tally.nobody += pc.sum(pc.equal(rows["reason"], "missing_identifier")).as_py() or 0
    set_aside(home, segment.name, rows, {"kind": "live", "segment": segment.name, "source": landing.source})


def _aside(rows: pa.Table, source: str) -> pa.Table:
    fault = pc.split_pattern(rows["fault"], ":", max_splits=1)
    columns = {
        "line": pc.add(rows["position"], 1),
        "reason": pc.list_element(fault, 0),
        "field": pc.list_element(fault, 1),
        "detail": pa.nulls(rows.num_rows, pa.string()),
        "raw": rows["raw"],
        "batch_id": rows["batch_id"],
        "position": rows["position"],
        "source": pa.repeat(source, rows.num_rows),
        "received_at": rows["received_at"],
    }
    return pa.table(columns).cast(QUARANTINE_SCHEMA)


def _land(home: Home, run: Run, staged: Sequence[tuple[StagedBatch, _Tally]]) -> Compaction:
    good = [batch for batch, _ in staged if batch.verdict.is_passed]
    for batch, _ in staged:
        if not batch.verdict.is_passed:
            hold(home, batch)
            log.warning(
                "batch held", extra={"source": batch.verdict.source, "batch_id": batch.verdict.batch_id}
            )
    name = None
    if good:
        meta = {
            "kind": "compaction", "run_id": run.run_id, "days": _days(run.previous_as_of, run.as_of),
            "segments": [segment for batch in good for segment in batch.meta["segments"]],
            "rows_in": {batch.verdict.source: batch.verdict.rows_in for batch in good},
            "rows_landed": sum(batch.verdict.rows_passed for batch in good),
        }  # fmt: skip
        name = land(home, good, meta)
    return _summed(staged, name)


def _summed(staged: Sequence[tuple[StagedBatch, _Tally]], commit: str | None) -> Compaction:
    return Compaction(
        segments=sum(len(tally.segments) for _, tally in staged),
        rows_in=sum(tally.rows_in for _, tally in staged),
        rows_landed=sum(batch.verdict.rows_landed for batch, _ in staged),
        rows_quarantined=sum(tally.quarantined for _, tally in staged),
        rows_held=sum(tally.passed for batch, tally in staged if not batch.verdict.is_passed),
        rows_raised=sum(tally.raised for batch, tally in staged if batch.verdict.is_passed),
        torn_bytes=sum(tally.torn for _, tally in staged),
        commit=commit,
        verdicts=tuple(batch.verdict for batch, _ in staged),
    )


def _days(since: datetime | None, until: datetime) -> float | None:
    return None if since is None else (until - since).total_seconds() / 86_400
