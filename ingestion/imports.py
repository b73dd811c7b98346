"""`kith import`: a file becomes events through a mapping, in one commit.

The file is loaded once into a scratch table of DuckDB (bounded memory, spilling to disk), the rows at fault
are found, and one COPY from one SELECT writes the events of all others, partitioned by day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.arrivals import columns_needed, judge, suite_of
from ingestion.entries import Stamp, Statement, compile_entry
from ingestion.expressions import Compiler
from ingestion.faults import Counts, count_faults, explain_if_nothing_passed, find_faults, rows_at_fault
from ingestion.figures import figures_of, frame_of
from ingestion.files import RawFile, open_file
from ingestion.landed import StagedBatch, hold, ingesting, land, metas, staging_folder
from ingestion.mapping import Mapping
from ingestion.quarantine import set_aside
from ingestion.rows import Source, load_rows
from ingestion.verdicts import Fate, Verdict, fates_of, record
from kith.definitions import Definition, load_definition
from kith.errors import KithError
from kith.ids import stable_id
from kith.lake import Home
from kith.settings import Settings
from kith.warehouse import Warehouse, literal

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Imported:
    """What became of a file. rows_in = rows_landed + rows_quarantined + rows_held."""

    batch_id: str
    source: str
    rows_in: int
    rows_landed: int
    rows_quarantined: int
    rows_held: int
    rows_left_out: int
    events: dict[str, int] = field(default_factory=dict)
    commit: str | None = None
    already_in: str | None = None
    verdict: Verdict | None = None


def import_events(
    settings: Settings, file: Path, mapping: Path, at: datetime, progress: Progress = lambda stage: None
) -> Imported:
    """Import one file. The same file under the same mapping lands once.

    Raises KithError, with nothing written, for a wrong mapping, a file that can't be read, a column that is
    absent, a value that no row gives.
    """
    definition = load_definition(mapping, Mapping)
    home = Home(settings.home)
    with ingesting(home), Warehouse(settings) as warehouse:
        scratch = staging_folder(home, "scratch")
        warehouse.connection.execute(f"SET temp_directory = {literal(str(scratch / 'spill'))}")
        progress("reading")
        raw = _opened(file, definition, scratch)
        batch_id = stable_id("import", definition.name, definition.version, raw.digest)
        if done := _already(home, definition, raw, batch_id):
            record(home)
            return done
        return _Import(home, warehouse.connection, definition, raw, batch_id, at, progress).run(settings)


def _opened(file: Path, definition: Definition[Mapping], scratch: Path) -> RawFile:
    try:
        return open_file(file, definition.body.format, scratch)
    except OSError as error:
        raise KithError(f"the working copy can't be written: {error.strerror}", where=str(file)) from None


def _already(home: Home, definition: Definition[Mapping], raw: RawFile, batch_id: str) -> Imported | None:
    for meta in metas(home):
        if meta.get("file_digest") != raw.digest or meta.get("mapping") != definition.name:
            continue
        status = str(meta.get("status", "lake"))
        is_same = meta.get("mapping_version") == definition.version
        if status == "discarded" or (status == "held" and not is_same):
            continue  # none of its events ever landed
        if not is_same:
            raise definition.error(
                f"{raw.path.name} was imported with an earlier version of '{definition.name}': its events "
                "would have the ids that landed then, and the first to land stays", ("name",),
                way_out="give the mapping another name to land the file anew",
            )  # fmt: skip
        return Imported(batch_id, definition.body.source, 0, 0, 0, 0, 0, already_in=status)
    return None


@contextmanager
def _told_of(definition: Definition[Mapping], raw: RawFile) -> Iterator[None]:
    """DuckDB's errors over a file's rows as one sentence."""
    try:
        yield
    except duckdb.IOException as error:
        raise KithError(
            f"the events can't be written: {str(error).splitlines()[0][:200]}", where=raw.path.name,
            way_out="make room and import the file again; nothing was landed",
        ) from None  # fmt: skip
    except duckdb.Error as error:
        raise KithError(
            f"an expression fails on a row: {str(error).splitlines()[0][:200]}", where=str(definition.path),
            way_out="use TRY_CAST in it, or as: number, so that the row is set aside",
        ) from None  # fmt: skip


@dataclass
class _Import:
    home: Home
    connection: duckdb.DuckDBPyConnection
    definition: Definition[Mapping]
    raw: RawFile
    batch_id: str
    at: datetime
    progress: Progress

    def run(self, settings: Settings) -> Imported:
        mapping = self.definition.body
        source = load_rows(self.connection, self.raw, mapping.format)
        left_out = self._filter(source)
        lateness = settings.lateness.total_seconds()
        stamp = Stamp(self.definition.name, mapping.source, self.batch_id, lateness, self.at)
        statements = self._compiled(source, stamp)
        self.progress("checking rows")
        with _told_of(self.definition, self.raw):
            find_faults(self.connection, statements, source)
            counts = count_faults(self.connection)
            explain_if_nothing_passed(self.connection, self.raw.path, counts, source)
            self.progress("writing events")
            folder = self._write(statements)
        self.progress("judging the batch")
        rows = rows_at_fault(self.connection, source, mapping.source, self.batch_id)
        verdict = self._judged(folder, counts, fates_of(rows))
        return self._land(folder, verdict, source, rows, left_out)

    def _filter(self, source: Source) -> int:
        where = self.definition.body.where or "TRUE"
        Compiler(self.connection, self.definition, source.columns).type_of(where, ("where",))
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW judged_rows AS FROM source_rows WHERE {where}")
        if where == "TRUE":
            return 0
        found = self.connection.execute(
            f"SELECT count(*) FROM source_rows WHERE ({where}) IS NOT TRUE"
        ).fetchone()
        return int(found[0]) if found else 0

    def _compiled(self, source: Source, stamp: Stamp) -> list[Statement]:
        compiler = Compiler(self.connection, self.definition, source.columns)
        entries = self.definition.body.events.items()
        return [compile_entry(compiler, key, entry, source, stamp) for key, entry in entries]

    def _write(self, statements: list[Statement]) -> Path:
        folder = staging_folder(self.home, self.batch_id)
        selects = " UNION ALL ".join(f"({each.events})" for each in statements)
        self.connection.execute(f"""
            COPY (SELECT *, received_at::DATE AS received_on FROM ({selects})) TO {literal(str(folder))}
            (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (received_on), OVERWRITE_OR_IGNORE)""")
        return folder

    def _judged(self, folder: Path, counts: Counts, fates: tuple[Fate, ...]) -> Verdict:
        mapping = self.definition.body
        figures = figures_of(
            self.connection, folder, counts.rows_in, counts.passed, counts.set_aside, counts.nobody, None
        )
        further = [*mapping.expectations, *suite_of(mapping.source)]
        frame = frame_of(self.connection, folder, columns_needed(further))
        checks = judge(figures, frame, further)
        return Verdict(self.batch_id, mapping.source, counts.rows_in, counts.passed, self.at, checks, fates)

    def _land(
        self, folder: Path, verdict: Verdict, source: Source, rows: pa.Table, left_out: int
    ) -> Imported:
        self.progress("landing")
        about = {
            "kind": "import", "mapping": self.definition.name, "file": self.raw.path.name,
            "columns": source.columns, "batch_id": self.batch_id, "is_json": self.raw.kind == "json",
        }  # fmt: skip
        set_aside(self.home, self.batch_id, rows, about)
        events = self._event_counts(folder)
        meta = {
            "kind": "import", "batch_id": self.batch_id, "mapping": self.definition.name,
            "mapping_version": self.definition.version, "file": self.raw.path.name,
            "file_digest": self.raw.digest, "rows_in": {verdict.source: verdict.rows_in},
            "rows_landed": verdict.rows_passed, "events": events,
        }  # fmt: skip
        batch = StagedBatch(folder, verdict, meta)
        name = None
        if verdict.is_passed:
            name = land(self.home, [batch], meta)
        else:
            hold(self.home, batch)
        record(self.home)
        held = 0 if verdict.is_passed else verdict.rows_passed
        return Imported(
            self.batch_id, verdict.source, verdict.rows_in, verdict.rows_landed, rows.num_rows, held,
            left_out, events, name, None, verdict,
        )  # fmt: skip

    def _event_counts(self, folder: Path) -> dict[str, int]:
        files = literal(str(folder / "*" / "*.parquet"))
        found = self.connection.execute(
            f"SELECT coalesce(event, type), count(*) FROM read_parquet({files}) GROUP BY ALL ORDER BY ALL"
        )
        return {str(name): int(count) for name, count in found.fetchall()}
