# pyright: reportAttributeAccessIssue=false
"""Rows into `received_on=YYYY-MM-DD/` folders, a file a day, row group by row group."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


class PartitionedWriter:
    """Appends tables; each day's file stays open until the end."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.folder, self.schema = folder, schema
        self._files: dict[str, pq.ParquetWriter] = {}

    def __enter__(self) -> PartitionedWriter:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for file in self._files.values():
            file.close()

    def write(self, rows: pa.Table) -> None:
        """Add rows, each to the day on which it was received."""
        days = pc.cast(rows["received_at"], pa.date32())
        for day in pc.unique(days).to_pylist():
            of_day = rows if len(pc.unique(days)) == 1 else rows.filter(pc.equal(days, day))
            self._file(day.isoformat()).write_table(of_day)

    def _file(self, day: str) -> pq.ParquetWriter:
        if day not in self._files:
            folder = self.folder / f"received_on={day}"
            folder.mkdir(exist_ok=True)
            self._files[day] = pq.ParquetWriter(folder / "events.parquet", self.schema, compression="zstd")
        return self._files[day]
