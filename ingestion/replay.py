# pyright: reportAttributeAccessIssue=false
"""Replay of quarantined rows: today's row rules over the raw rows of then. What passes lands, the rest stays.

A replay's commit names the quarantine file and its digest, so that after a crash between the commit and the
rewriting of the file the same rows do not land a second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.arrivals import judge
from ingestion.entries import Stamp, compile_entry
from ingestion.expressions import Compiler
from ingestion.faults import find_faults
from ingestion.figures import figures_of
from ingestion.files import digest_of
from ingestion.landed import StagedBatch, ingesting, land, staging_folder
from ingestion.live import Landing, judge_lines
from ingestion.mapping import Mapping
from ingestion.partitions import PartitionedWriter
from ingestion.quarantine import QuarantineFile, quarantine_files, set_aside
from ingestion.rows import source_of_json
from ingestion.verdicts import Verdict, record
from kith.definitions import load_definition
from kith.errors import KithError
from kith.events import EVENT_SCHEMA
from kith.ids import stable_id
from kith.lake import Home, commits
from kith.settings import Settings
from kith.warehouse import Warehouse

MAPPINGS = Path(__file__).parent / "mappings"


@dataclass(frozen=True)
class Replayed:
    """What a replay of one quarantine file did. rows_in = rows_landed + rows_kept."""

    name: str
    rows_in: int
    rows_landed: int
    rows_kept: int
    commit: str | None = None


def replay(
    settings: Settings,
    names: Sequence[str],
    at: datetime,
    last_as_of: datetime | None,
    mapping: Path | None = None,
) -> list[Replayed]:
    """Replay the named quarantine files, all without names."""
    home = Home(settings.home)
    with ingesting(home), Warehouse(settings) as warehouse:
        files = quarantine_files(home)
        known = {each.name for each in files}
        if unknown := sorted(set(names) - known):
            raise KithError(
                f"nothing named {unknown[0]} is in quarantine", expected=", ".join(sorted(known)) or "none"
            )
        chosen = [each for each in files if not names or each.name in names]
        done = [
            _Replay(settings, home, warehouse.connection, at, last_as_of, mapping).run(each)
            for each in chosen
        ]
        record(home)
    return done


@dataclass
class _Replay:
    settings: Settings
    home: Home
    connection: duckdb.DuckDBPyConnection
    at: datetime
    last_as_of: datetime | None
    mapping: Path | None

    def run(self, file: QuarantineFile) -> Replayed:
        rows = file.rows()
        digest = digest_of(file.path)
        events, passed = self._events(file, rows)
        kept = rows.filter(pc.invert(passed))
        count = rows.num_rows - kept.num_rows
        if count == 0:
            return Replayed(file.name, rows.num_rows, 0, rows.num_rows)
        name = self._already(digest) or self._land(file, rows, events, digest, count)
        set_aside(self.home, file.name, kept, file.about)
        return Replayed(file.name, rows.num_rows, count, kept.num_rows, name)

    def _already(self, digest: str) -> str | None:
        return next(
            (each.name for each in commits(self.home, "events") if each.meta.get("replayed") == digest), None
        )

    def _events(self, file: QuarantineFile, rows: pa.Table) -> tuple[pa.Table, pa.Array]:
        if file.about.get("kind") == "import":
            return self._imported(file, rows)
        return self._live(file, rows)

    def _live(self, file: QuarantineFile, rows: pa.Table) -> tuple[pa.Table, pa.Array]:
        text = pa.array([_text(raw) for raw in rows["raw"].to_pylist()], pa.large_string())
        segment = pa.repeat(str(file.about["segment"]), rows.num_rows).cast(pa.string())
        columns = [text, rows["batch_id"], rows["position"], segment, rows["received_at"]]
        lines = pa.table(columns, names=["line", "batch_id", "position", "segment", "received_at"])
        landing = Landing(str(file.about["source"]), self.settings.lateness, self.last_as_of)
        judged = judge_lines(self.connection, lines, landing)
        good = judged.filter(pc.is_null(judged["fault"]))
        key = [
            (a, b) for a, b in zip(good["batch_id"].to_pylist(), good["position"].to_pylist(), strict=True)
        ]
        stood = zip(rows["batch_id"].to_pylist(), rows["position"].to_pylist(), strict=True)
        passed = set(key)
        return good.select(EVENT_SCHEMA.names).cast(EVENT_SCHEMA), pa.array(
            [each in passed for each in stood]
        )

    def _imported(self, file: QuarantineFile, rows: pa.Table) -> tuple[pa.Table, pa.Array]:
        path = self.mapping or MAPPINGS / f"{file.about['mapping']}.yml"
        definition = load_definition(path, Mapping)
        if definition.name != file.about["mapping"]:
            raise KithError(
                f"{file.name} came through the mapping '{file.about['mapping']}'", where=str(path)
            )
        whole = pc.is_valid(rows["position"])
        ordinals = rows["position"].to_pylist()
        source = source_of_json(
            self.connection, rows.filter(whole), file.about["columns"], bool(file.about["is_json"])
        )
        where = definition.body.where or "TRUE"
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW judged_rows AS FROM source_rows WHERE {where}")
        stamp = Stamp(
            definition.name,
            definition.body.source,
            str(file.about["batch_id"]),
            self.settings.lateness.total_seconds(),
            self.at,
        )
        compiler = Compiler(self.connection, definition, source.columns)
        entries = definition.body.events.items()
        statements = [compile_entry(compiler, key, entry, source, stamp) for key, entry in entries]
        find_faults(self.connection, statements, source)
        found = self.connection.execute("SELECT row_ordinal FROM good_rows").fetchall()
        good = {ordinal for (ordinal,) in found}
        selects = " UNION ALL ".join(f"({each.events})" for each in statements)
        events = (
            self.connection.execute(selects).to_arrow_table().select(EVENT_SCHEMA.names).cast(EVENT_SCHEMA)
        )
        return events, pa.array([ordinal in good for ordinal in ordinals])

    def _land(self, file: QuarantineFile, rows: pa.Table, events: pa.Table, digest: str, count: int) -> str:
        batch_id = stable_id("replay", file.name, digest)
        folder = staging_folder(self.home, batch_id)
        with PartitionedWriter(folder, EVENT_SCHEMA) as writer:
            writer.write(events)
        source = str(rows["source"][0].as_py())
        checks = judge(figures_of(self.connection, folder, count, count, 0, 0, None), None, [])
        verdict = Verdict(batch_id, source, count, count, self.at, checks)
        meta = {"kind": "replay", "replayed": digest, "quarantine": file.name, "rows_landed": count}
        return land(self.home, [StagedBatch(folder, verdict, meta)], meta)


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
